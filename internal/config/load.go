package config

import (
	"fmt"
	"reflect"
)

// Sources are where settings come from.
type Sources struct {
	// Flags maps a flag's name without dashes to its value: see [ParseFlags].
	Flags map[string]string
	// Env is the environment, as [os.Environ] gives it.
	Env []string
	// File is the YAML file; "" means PORTAL_CONFIG, or none.
	File string
}

// Load reads, merges and validates all settings.
func Load(sources Sources) (*Settings, error) {
	layers, err := readLayers(sources)
	if err != nil {
		return nil, err
	}
	settings := &Settings{}
	for _, l := range leaves() {
		if err := setLeaf(reflect.ValueOf(settings).Elem().FieldByIndex(l.index), l, layers); err != nil {
			return nil, err
		}
	}
	if err := derive(settings); err != nil {
		return nil, err
	}
	if err := settings.SignIn.validate(); err != nil {
		return nil, err
	}
	return settings, nil
}

// layer is what one source sets: values by key.
type layer map[string]value

// readLayers gives the sources, the strongest first.
func readLayers(sources Sources) ([]layer, error) {
	flags, err := flagLayer(sources.Flags)
	if err != nil {
		return nil, err
	}
	env, file, err := envLayer(sources.Env)
	if err != nil {
		return nil, err
	}
	if sources.File != "" {
		file = sources.File
	}
	fromFile, err := fileLayer(file)
	if err != nil {
		return nil, err
	}
	return []layer{flags, env, fromFile, defaultLayer()}, nil
}

// setLeaf gives the field the value of the strongest layer that has one.
func setLeaf(target reflect.Value, l leaf, layers []layer) error {
	for _, layer := range layers {
		v, ok := layer[l.key]
		if !ok {
			continue
		}
		if err := v.decode(target, l); err != nil {
			return err
		}
		return check(target, l.field, v.name(l.key))
	}
	return check(target, l.field, "setting "+l.key)
}

func defaultLayer() layer {
	defaults := layer{}
	for _, l := range leaves() {
		if text := l.field.Tag.Get("default"); text != "" {
			defaults[l.key] = textValue(l, text, "default")
		}
	}
	return defaults
}

// derive fills in what follows from other settings.
func derive(s *Settings) error {
	if s.AdminListen != "" {
		return nil
	}
	next, err := nextPort(s.Listen)
	if err != nil {
		return fmt.Errorf("setting listen: %w", err)
	}
	s.AdminListen = next
	return nil
}
