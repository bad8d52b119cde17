"""What the recorded producers' own metrics and latencies say, read from a run: P5 and P9."""


def producer(run, name):
    """Columns as in the recordings: the producer's own averages look back on their window, the others since warm-up; ms."""
    found = next(p for p in run.summary["producers"] if p["name"] == name)
    metrics, sampled, latency = found["metrics"], found["sampled_metrics"], found["latency_ms"]
    ends = {p["partition"]: p["log_end_offset"] for p in run.summary["partitions"] if p["topic"] == found["topic"]}
    return {
        "batch_size_avg": [sampled["batch-size-avg"]],
        "records_per_request_avg": [sampled["records-per-request-avg"]],
        "request_rate": [metrics["request-rate"]],
        "record_queue_time_avg": [sampled["record-queue-time-avg"]],
        "record_queue_time_max": [sampled["record-queue-time-max"]],
        "log_batch_bytes_avg": [metrics["batch-size-avg"]],
        "log_recs_per_batch_avg": [found["records_per_batch"]],
        "lat_mean": [latency["mean"]], "lat_p50": [latency["p50"]],
        "lat_p95": [latency["p95"]], "lat_p99": [latency["p99"]],
        "percent_on_partition_0": [100 * ends[0] / sum(ends.values())],
    }


def acked_per_second(run, name, start, end):
    """Records acknowledged between two times, in ms, a second."""
    rows = [row for row in run.series("kafkasim.producer.acked.records") if row["where"] == f"producer={name}"]
    inside = [(float(row["time_ms"]), float(row["value"])) for row in rows if start <= float(row["time_ms"]) <= end]
    (first, before), (last, after) = inside[0], inside[-1]
    return {"acked_per_s": [(after - before) / (last - first) * 1000]}
