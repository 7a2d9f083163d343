module gobreaker_bench

go 1.26.8

require github.com/sony/gobreaker/v2 v2.4.0
