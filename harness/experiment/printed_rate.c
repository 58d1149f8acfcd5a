/*
 * printed_rate.c - see printed_rate.h.
 */
#include "printed_rate.h"

#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"

/* Rates that can be told from a slip, and whose time is a whole number of nanoseconds to nine digits. */
static const double SMALLEST_RATE = 1e-6, LARGEST_RATE = 1e12;

char *printed_rate_problem(const char *expression) {
    regex_t regex;
    char why[160];
    int code = regcomp(&regex, expression, REG_EXTENDED);
    if (code != 0) {
        regerror(code, &regex, why, sizeof why);
        return text_format("is no regular expression: %s", why);
    }
    bool has_group = regex.re_nsub > 0;
    regfree(&regex);
    return has_group ? NULL : text_copy("has no group; put the number in parentheses, as in 'rate: ([0-9.]+)'");
}

/* The first group of the first line that matches; owned, NULL when none does. */
static char *find(const regex_t *regex, FILE *text) {
    char *line = NULL, *found = NULL;
    size_t capacity = 0;
    while (found == NULL && getline(&line, &capacity, text) >= 0) {
        regmatch_t match[2];
        line[strcspn(line, "\n")] = '\0';
        if (regexec(regex, line, 2, match, 0) == 0)
            found = match[1].rm_so < 0
                        ? text_copy("")
                        : text_copy_part(line + match[1].rm_so, (size_t)(match[1].rm_eo - match[1].rm_so));
    }
    free(line);
    return found;
}

char *printed_rate_read(const char *expression, FILE *text, uint64_t *operations, uint64_t *elapsed_ns) {
    regex_t regex;
    if (regcomp(&regex, expression, REG_EXTENDED) != 0)
        return printed_rate_problem(expression);
    char *number = find(&regex, text), *problem = NULL;
    regfree(&regex);
    double rate;
    if (number == NULL) {
        problem = text_format("no line that it printed matches the metric %s", expression);
    } else if (!text_to_double(number, SMALLEST_RATE, LARGEST_RATE, &rate)) {
        problem = text_format("the metric %s found '%.40s', which is no number above 0", expression, number);
    } else { /* at least a second, so that rounding to nanoseconds is nothing */
        *operations = rate > 1 ? (uint64_t)ceil(rate) : 1;
        *elapsed_ns = (uint64_t)((double)*operations / rate * 1e9);
    }
    free(number);
    return problem;
}
