module devportal.internal/deploy

go 1.26
