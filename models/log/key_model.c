/* key_model.c - see the header. */
#include "models/log/key_model.h"
#include "sim/chance/elementary.h"

/* Ranks up to this one are summed one by one, later ones in groups that grow by an eighth. */
#define SINGLE_RANKS 32

/* 1 - (1 - p)^n: the chance that a key of weight p is among n draws. */
static double chance_to_appear(double p, double n)
{
    return p >= 1.0 ? 1.0 : -sim_expm1(n * sim_log1p(-p));
}

static double next_rank(double rank)
{
    double step = rank < SINGLE_RANKS ? 1.0 : (double)(int64_t)(rank / 8.0);
    return rank + step;
}

/* Sums over ranks: the weights, or (total > 0) the chances to appear among n draws. */
static double sum_ranks(const KeyModel *self, double total, double n)
{
    double keys = (double)self->keys;
    double sum = 0;
    for (double rank = 1; rank <= keys; rank = next_rank(rank)) {
        double end = next_rank(rank) <= keys ? next_rank(rank) : keys + 1;
        double weight = sim_pow((rank + end - 1) / 2, -self->skew);
        double each = total > 0 ? chance_to_appear(weight / total, n) : weight;
        sum += each * (end - rank);
    }
    return sum;
}

/* A partition holds each key with chance 1 / partitions, and its records are that share of all. */
static double zipf_distinct(const KeyModel *self, double records)
{
    double draws = records * self->partitions;
    return sum_ranks(self, sum_ranks(self, 0, 0), draws) / self->partitions;
}

static double hot_distinct(const KeyModel *self, double records)
{
    double draws = records * self->partitions;
    double others = (double)(self->keys - 1);
    double sum = chance_to_appear(self->skew, draws);
    sum += others > 0 ? others * chance_to_appear((1 - self->skew) / others, draws) : 0;
    return sum / self->partitions;
}

double key_model_distinct(const KeyModel *self, int64_t records)
{
    double n = (double)records;
    double keys = (double)self->keys / self->partitions;
    double distinct = n;
    switch (self->draw) {
    case KEYS_ALL_THE_SAME:
        distinct = 1;
        break;
    case KEYS_IN_TURN:
        distinct = keys;
        break;
    case KEYS_UNIFORM:
        distinct = keys > 1 ? keys * chance_to_appear(1 / keys, n) : 1;
        break;
    case KEYS_ZIPF:
        distinct = zipf_distinct(self, n);
        break;
    case KEYS_HOT:
        distinct = hot_distinct(self, n);
        break;
    }
    return distinct < n ? distinct : n;
}
