/*
 * options.c - see options.h.
 */
#include "options.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

#include "lock.h"
#include "text.h"

extern char **environ;

#define PREFIX "MINIPOOL_"
static with_relocated const char prefix[] = PREFIX;
#define BYTES_TEXT "a number of bytes from 0 to 64T, with K, M, G or T behind it or nothing"

enum { MOST_WORDS = 3, DAY_MS = 24 * 60 * 60 * 1000, SHOWN_BYTES = 100 };

/* An option's value is the index of one of its words or, when it has none, a number up to `most`. */
typedef struct OptionKind {
    const char *name, *allowed;
    const char *words[MOST_WORDS];
    size_t most;
    bool has_suffix; /* K, M, G, T: powers of 1024 */
    bool fixed;      /* the environment's only */
} OptionKind;

static const OptionKind kinds[OPTION_COUNT] = {
    [MP_OPTION_RELEASE_CLOCK] = {.name = PREFIX "RELEASE_CLOCK",
                                 .allowed = "running or frozen",
                                 .words = {[MP_CLOCK_RUNNING] = "running", [MP_CLOCK_FROZEN] = "frozen"},
                                 .most = MP_CLOCK_FROZEN},
    [MP_OPTION_RELEASE_SOFT_BYTES] = {.name = PREFIX "RELEASE_SOFT_BYTES",
                                      .allowed = BYTES_TEXT,
                                      .most = (size_t)1 << 46,
                                      .has_suffix = true},
    [MP_OPTION_RELEASE_HARD_BYTES] = {.name = PREFIX "RELEASE_HARD_BYTES",
                                      .allowed = BYTES_TEXT,
                                      .most = (size_t)1 << 46,
                                      .has_suffix = true},
    [MP_OPTION_RELEASE_DELAY_MS] = {.name = PREFIX "RELEASE_DELAY_MS",
                                    .allowed = "a number of milliseconds from 0 to 86400000",
                                    .most = DAY_MS},
    [MP_OPTION_HUGE_PAGES] =
        {.name = PREFIX "HUGE_PAGES",
         .allowed = "system, never or always",
         .words =
             {[MP_HUGE_PAGES_SYSTEM] = "system", [MP_HUGE_PAGES_NEVER] = "never", [MP_HUGE_PAGES_ALWAYS] = "always"},
         .most = MP_HUGE_PAGES_ALWAYS},
    [MP_OPTION_STATISTICS] = {.name = PREFIX "STATISTICS", .allowed = "0 or 1", .words = {"0", "1"}, .most = 1},
    [MP_OPTION_HARDENING] =
        {.name = PREFIX "HARDENING", .allowed = "0, 1 or 2", .words = {"0", "1", "2"}, .most = 2, .fixed = true},
};

struct OptionValues option_values = {
    .now =
        {
            [MP_OPTION_RELEASE_CLOCK] = MP_CLOCK_RUNNING,
            [MP_OPTION_RELEASE_SOFT_BYTES] = RELEASE_SOFT_BYTES,
            [MP_OPTION_RELEASE_HARD_BYTES] = RELEASE_HARD_BYTES,
            [MP_OPTION_RELEASE_DELAY_MS] = RELEASE_DELAY_MS,
            [MP_OPTION_HUGE_PAGES] = MP_HUGE_PAGES_SYSTEM,
            [MP_OPTION_STATISTICS] = 0,
            [MP_OPTION_HARDENING] = MINIPOOL_HARDENING,
        },
};
static with_written Lock lock;

void options_lock(void) {
    lock_acquire(&lock);
}
void options_unlock(void) {
    lock_release(&lock);
}
void options_reset_lock(void) {
    lock_reset(&lock);
}

/* -- values as text --------------------------------------------------------------------------------------------- */

/* The factor that a suffix stands for; 0: it is none. */
static size_t suffix_factor(const char *suffix) {
    static const char letters[] = "KMGT", small_letters[] = "kmgt";
    if (*suffix == '\0')
        return 1;
    for (unsigned power = 0; letters[power] != '\0'; power++)
        if ((*suffix == letters[power] || *suffix == small_letters[power]) && suffix[1] == '\0')
            return (size_t)1 << (10 * (power + 1));
    return 0;
}

static bool parse_number(const OptionKind *kind, const char *text, size_t *value) {
    if (*text < '0' || *text > '9')
        return false;
    size_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (size_t)(*text - '0'), &number))
            return false;
    size_t factor = suffix_factor(text);
    if (factor == 0 || (factor != 1 && !kind->has_suffix) || __builtin_mul_overflow(number, factor, value))
        return false;
    return *value <= kind->most;
}

static bool parse(const OptionKind *kind, const char *text, size_t *value) {
    if (kind->words[0] == NULL)
        return parse_number(kind, text, value);
    for (*value = 0; *value <= kind->most; ++*value)
        if (strcmp(text, kind->words[*value]) == 0)
            return true;
    return false;
}

/* OPTION_COUNT: none has this name, which is `length` bytes long. */
static unsigned find(const char *name, size_t length) {
    unsigned option = 0;
    while (option < OPTION_COUNT &&
           !(strncmp(name, kinds[option].name, length) == 0 && kinds[option].name[length] == '\0'))
        option++;
    return option;
}

/* -- the environment -------------------------------------------------------------------------------------------- */

static void complain_of_name(const char *name, size_t length) {
    Text line = {.used = 0};
    text_add(&line, "minipool: ");
    text_add_foreign(&line, name, length < SHOWN_BYTES ? length : SHOWN_BYTES);
    text_add(&line, ": there is no such option, only ");
    for (unsigned option = 0; option < OPTION_COUNT; option++) {
        text_add(&line, option == 0 ? "" : option + 1 < OPTION_COUNT ? ", " : " and ");
        text_add(&line, kinds[option].name);
    }
    text_write(&line);
}

static void complain_of_value(const OptionKind *kind, const char *text) {
    Text line = {.used = 0};
    text_add(&line, "minipool: ");
    text_add(&line, kind->name);
    text_add(&line, "=");
    text_add_foreign(&line, text, SHOWN_BYTES);
    text_add(&line, ": must be ");
    text_add(&line, kind->allowed);
    text_add(&line, "; the default is kept");
    text_write(&line);
}

/* `variable` begins with PREFIX. */
static void read_variable(const char *variable, bool seen[OPTION_COUNT]) {
    size_t length = strcspn(variable, "=");
    unsigned option = find(variable, length);
    if (option == OPTION_COUNT) {
        complain_of_name(variable, length);
        return;
    }
    if (variable[length] == '\0' || seen[option]) /* the first one counts, as for getenv() */
        return;
    seen[option] = true;
    size_t value;
    if (parse(&kinds[option], variable + length + 1, &value))
        atomic_store_explicit(&option_values.now[option], value, memory_order_relaxed);
    else
        complain_of_value(&kinds[option], variable + length + 1);
}

static bool is_secure(void) {
    int saved = errno;
    bool secure = getauxval(AT_SECURE) != 0;
    errno = saved;
    return secure;
}

void options_read(void) {
    if (environ == NULL) /* the C library is not ready: the defaults hold until it is */
        return;
    options_lock();
    if (!atomic_load_explicit(&option_values.known, memory_order_relaxed)) {
        bool seen[OPTION_COUNT] = {false};
        if (!is_secure())
            for (char **variable = environ; *variable != NULL; variable++)
                if (strncmp(*variable, prefix, sizeof prefix - 1) == 0)
                    read_variable(*variable, seen);
        /* release: partner of the acquire in option_value() */
        atomic_store_explicit(&option_values.known, true, memory_order_release);
    }
    options_unlock();
}

/* -- at run time ------------------------------------------------------------------------------------------------ */

int options_set(mp_option option, size_t value) {
    if ((unsigned)option >= OPTION_COUNT || value > kinds[option].most)
        return EINVAL;
    /* a later reading of the environment must not undo this, not even when there is none yet */
    if (option_value(option) != value && kinds[option].fixed)
        return EINVAL;
    atomic_store_explicit(&option_values.known, true, memory_order_release);
    atomic_store_explicit(&option_values.now[option], value, memory_order_relaxed);
    return 0;
}

int options_set_text(const char *name, const char *text) {
    unsigned option = find(name, strlen(name));
    size_t value;
    if (option == OPTION_COUNT)
        return ENOENT;
    return parse(&kinds[option], text, &value) ? options_set((mp_option)option, value) : EINVAL;
}

const char *options_name(mp_option option) {
    return (unsigned)option < OPTION_COUNT ? kinds[option].name : NULL;
}
