/** How many durations of a type are kept: enough for a percentile, little enough to keep for every type. */
export const keptDurations = 100
