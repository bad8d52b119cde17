"""The recording of auto.offset.reset and of the moments of commits, G8."""
from measures_offsets import CLASSIC, MODERN, VARIANTS, begun, committed, recorded_begun, recorded_committed


def offset_experiments(Table, Experiment):
    def table(title, measure, recorded):
        made = Table(title, "G8/runs.csv", measure)
        made.recorded = recorded
        return made

    tables = [table(name, lambda run, name=name: begun(run, name), lambda name=name: recorded_begun(name))
              for name in VARIANTS]
    for title, group in (("classic, all four", CLASSIC), ("KIP-848, all three", MODERN)):
        tables.append(table(title, lambda run, group=group: committed(run, group),
                            lambda group=group: recorded_committed(group)))
    return [Experiment("G8", "auto.offset.reset, the moments of commits, a restart; a run of each.", tables)]
