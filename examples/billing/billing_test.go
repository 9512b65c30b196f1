package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

func TestBill(t *testing.T) {
	t.Parallel()
	t.Run("is what the file beside the program holds", func(t *testing.T) {
		t.Parallel()
		written, err := exec.CommandContext(t.Context(), "go", "run", ".").Output()
		if err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile("focus.csv")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written, kept) {
			t.Error("focus.csv is out of date: run go run ./examples/billing > examples/billing/focus.csv")
		}
	})
}
