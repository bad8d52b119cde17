/* iso_duration.c - see iso_duration.h. */
#include "models/protocol/iso_duration.h"
#include <glib.h>

#define LONGEST SIM_SEC(INT64_C(86400) * 36525)

static bool takes(const char **at, char letter)
{
    const bool is_there = g_ascii_toupper(**at) == letter;
    *at += is_there ? 1 : 0;
    return is_there;
}

static bool takes_minus(const char **at)
{
    const bool is_minus = **at == '-';
    *at += is_minus || **at == '+' ? 1 : 0;
    return is_minus;
}

/* Up to nine digits behind the point. */
static SimDuration fraction(const char **at)
{
    SimDuration sum = 0;
    SimDuration digit = SIM_SEC(1);
    for (int i = 0; i < 9 && g_ascii_isdigit(**at); i++, (*at)++) {
        digit /= 10;
        sum += (**at - '0') * digit;
    }
    return sum;
}

/* "-12H" with letter H; nothing is taken where there is none. */
static bool section(const char **at, char letter, SimDuration unit, SimDuration *sum)
{
    const char *place = *at;
    const bool is_minus = takes_minus(&place);
    if (!g_ascii_isdigit(*place)) {
        return false;
    }
    int64_t number = 0;
    for (; g_ascii_isdigit(*place); place++) {
        number = MIN(number * 10 + (*place - '0'), LONGEST / unit + 1);
    }
    SimDuration amount = number * unit;
    if (letter == 'S' && (*place == '.' || *place == ',')) {
        place++;
        amount += fraction(&place);
    }
    if (!takes(&place, letter)) {
        return false;
    }
    *sum += is_minus ? -amount : amount;
    *at = place;
    return true;
}

bool iso_duration_parse(const char *text, SimDuration *ret_duration)
{
    const char *at = text;
    SimDuration sum = 0;
    const bool is_minus = takes_minus(&at);
    if (!takes(&at, 'P')) {
        return false;
    }
    bool any = section(&at, 'D', SIM_SEC(86400), &sum);
    if (takes(&at, 'T')) {
        const bool hours = section(&at, 'H', SIM_SEC(3600), &sum);
        const bool minutes = section(&at, 'M', SIM_SEC(60), &sum);
        any = section(&at, 'S', SIM_SEC(1), &sum) || minutes || hours;
    }
    *ret_duration = is_minus ? -sum : sum;
    return any && *at == '\0' && ABS(sum) <= LONGEST;
}
