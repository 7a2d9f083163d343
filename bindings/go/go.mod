module tapps

go 1.19
