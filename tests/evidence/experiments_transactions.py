"""The recordings of transactions."""
from measures_transactions import calls, dead_client, inits, pipeline, reader, recorded_inits


def row(name):
    return lambda found: found["series"] == name


def fencing(Table):
    table = Table("initTransactions()", "G14/fencing.csv", inits)
    table.recorded = recorded_inits
    return table


def transaction_experiments(Table, Experiment):
    modes = (("eos", "eos"), ("alo-sync", "sync"), ("alo-auto", "auto"))
    series = ("rc-range", "rc-consumer", "ru-range", "ru-consumer")
    return [
        Experiment("G14", "Ten records a transaction; every tenth is aborted. On a loaded machine.", [
            Table(name, "G14/latency.csv", lambda run, name=name: reader(run, name), row(name),
                  columns="[pr][5e]*" if name.startswith("rc") else "p50_ms")
            for name in series] + [
            Table("commitTransaction()", "G14/latency.csv", lambda run: calls(run, "COMMITTING_TRANSACTION"),
                  row("commitTransaction() call"), columns="p50_ms"),
            Table("abortTransaction()", "G14/latency.csv", lambda run: calls(run, "ABORTING_TRANSACTION"),
                  row("abortTransaction() call"), columns="p50_ms")]),
        Experiment("G14-kill", "kill -9 of a client with an open transaction; transaction.timeout.ms=10000.", [
            Table("readers", "G14/runs.csv", dead_client)]),
        Experiment("G14-fencing", "initTransactions() while the transaction of a former producer of the id is open.", [
            fencing(Table)]),
        Experiment("G15", "Consume, process, produce, and a kill -9 of the worker. On a loaded machine.", [
            Table(recorded, "G15/runs.csv", lambda run, mode=mode: pipeline(run, mode, f"{mode}-2"),
                  lambda found, recorded=recorded: found["mode"] == recorded) for recorded, mode in modes]),
    ]
