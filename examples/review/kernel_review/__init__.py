"""Reviews the barriers of kernel C: marked functions become litmus tests, which `litmus` decides."""
