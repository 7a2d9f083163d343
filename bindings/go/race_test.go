//go:build race

package tapps

const withRace = true
