package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// check applies the rule of the field's check tag. Text that is not set passes every rule but "required" and the
// choices.
func check(v reflect.Value, field reflect.StructField, name string) error {
	rule := field.Tag.Get("check")
	if rule == "" {
		return nil
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			if err := checkOne(v.Index(i), rule); err != nil {
				return fmt.Errorf("%s item %d: %w", name, i+1, err)
			}
		}
		return nil
	}
	if err := checkOne(v, rule); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func checkOne(v reflect.Value, rule string) error {
	switch rule {
	case "positive":
		if v.Int() <= 0 {
			return errors.New("must be greater than zero")
		}
		return nil
	case "not-negative":
		if v.Int() < 0 {
			return errors.New("must not be less than zero")
		}
		return nil
	case "required":
		if v.String() == "" {
			return errors.New("must be set")
		}
		return nil
	}
	if strings.Contains(rule, "|") {
		return checkChoice(v.String(), strings.Split(rule, "|"))
	}
	if v.String() == "" {
		return nil
	}
	return checkText(v.String(), rule)
}

func checkChoice(text string, choices []string) error {
	if !slices.Contains(choices, text) {
		return fmt.Errorf("must be one of %s", strings.Join(choices, ", "))
	}
	return nil
}

func checkText(text, rule string) error {
	switch rule {
	case "address":
		return checkAddress(text)
	case "url":
		return checkURL(text)
	case "origin":
		return checkOrigin(text)
	case "network":
		return checkNetwork(text)
	case "provider":
		return checkProvider(text)
	case "match":
		return checkMatch(text)
	case "entity-match":
		return checkEntityMatch(text)
	default:
		panic("config: Settings has a check tag without a rule: " + rule)
	}
}

func checkAddress(text string) error {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return errors.New("must be HOST:PORT")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return errors.New("must have a port between 0 and 65535")
	}
	return nil
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("must be an http or https URL")
	}
	return nil
}

func checkOrigin(text string) error {
	u, err := url.Parse(text)
	if err != nil || checkURL(text) != nil || text != u.Scheme+"://"+u.Host {
		return errors.New("must be an origin: scheme, host and port alone, without a slash at the end")
	}
	return nil
}

func checkNetwork(text string) error {
	if _, err := netip.ParsePrefix(text); err != nil {
		return errors.New("must be a network: ADDRESS/BITS")
	}
	return nil
}

func checkEntityMatch(text string) error {
	kind, key, _ := strings.Cut(text, ":")
	switch {
	case (kind == "ref" || kind == "name") && key == "" && !strings.Contains(text, ":"):
		return nil
	case (kind == "label" || kind == "annotation") && key != "":
		return nil
	default:
		return errors.New("must be ref, name, label:KEY or annotation:KEY")
	}
}

// nextPort gives the address one port above; port 0 (any free one) stays 0.
func nextPort(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", errors.New("must be HOST:PORT")
	}
	n, err := strconv.Atoi(port)
	switch {
	case err != nil:
		return "", errors.New("must have a port between 0 and 65535")
	case n == 65535:
		return "", errors.New("leaves no next port for the admin listener: set admin_listen")
	case n != 0:
		n++
	}
	return net.JoinHostPort(host, strconv.Itoa(n)), nil
}
