module contender

go 1.19

require tapps v0.0.0

replace tapps => ../../../../bindings/go
