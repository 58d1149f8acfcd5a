# history.gp - ratios of each arm over the runs of a history.
load scripts . "/parameter_sweep.gp"
