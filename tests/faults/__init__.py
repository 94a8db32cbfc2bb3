"""What becomes of a run when something dies: short here, and long by ``make faults``."""
