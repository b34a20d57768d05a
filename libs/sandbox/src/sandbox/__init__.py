"""HTTP simulators of the outside world: strict, stateful, nasty on request. It shares no code with ours."""
