// Command loxodb is the LoxoDB server. Everything it does is in package boot.
package main

import (
	"os"

	"github.com/loxodb/loxodb/server/boot"
)

func main() {
	os.Exit(boot.Main(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}
