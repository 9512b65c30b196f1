package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "billing:", err)
		os.Exit(1)
	}
}

func write(w io.Writer) error {
	buffered := bufio.NewWriter(w)
	if err := writeFOCUS(buffered, bill()); err != nil {
		return err
	}
	return buffered.Flush()
}
