package router

// Waiting counts those who wait for queries under way.
func (r *Router) Waiting() int {
	f := r.flights
	f.mu.Lock()
	defer f.mu.Unlock()
	waiting := 0
	for _, flight := range f.running {
		waiting += flight.waiting
	}
	return waiting
}
