package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// ParseFlags reads "--name value" and "--name=value" into a map by name, for [Sources].Flags. A yes/no setting needs no
// value. "--config" is returned under "config"; own lists further flags of the command, which take a value. The caller
// takes its own flags out of the map before it calls [Load]. Anything else is an error that names it.
func ParseFlags(args []string, own ...string) (map[string]string, error) {
	switches := switchFlags()
	allowed := append([]string{"config"}, own...)
	for _, s := range Describe() {
		allowed = append(allowed, s.Flag)
	}
	flags := map[string]string{}
	for i := 0; i < len(args); i++ {
		name, text, hasValue := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if !strings.HasPrefix(args[i], "--") || !slices.Contains(allowed, name) {
			return nil, fmt.Errorf("unknown argument %s", args[i][:min(len(args[i]), len(name)+2)])
		}
		if _, twice := flags[name]; twice {
			return nil, fmt.Errorf("flag --%s is given twice", name)
		}
		switch {
		case hasValue:
		case switches[name]:
			text = "true"
		case i+1 < len(args):
			i++
			text = args[i]
		default:
			return nil, fmt.Errorf("flag --%s needs a value", name)
		}
		flags[name] = text
	}
	return flags, nil
}

func switchFlags() map[string]bool {
	found := map[string]bool{}
	for _, l := range leaves() {
		if l.field.Type.Kind() == reflect.Bool {
			found[l.flag()] = true
		}
	}
	return found
}
