/* A PKCS #11 module between a program and another module, which makes chosen calls go wrong.
 *
 * cc -O2 -shared -fPIC -pthread -o shim.so hsm_shim.c -ldl
 *
 * What is to go wrong stands in the file `shim.so.plan`, whose layout is `plan` below and whose writer is hsm_shim.py. The
 * processes that have loaded the module share it, and count their calls in it, so that the n-th call is that of all of
 * them together. Copies of the module under other names have plans of their own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long word; /* CK_ULONG, CK_RV, and handles of all kinds */

/* Places in CK_FUNCTION_LIST, which has its functions in the standard's order behind a version. */
enum {
    INITIALIZE = 0,
    FINALIZE = 1,
    GET_FUNCTION_LIST = 3,
    GET_SLOT_LIST = 4,
    GET_TOKEN_INFO = 6,
    OPEN_SESSION = 12,
    CLOSE_SESSION = 13,
    CLOSE_ALL_SESSIONS = 14,
    LOGIN = 18,
    LOGOUT = 19,
    GET_ATTRIBUTE_VALUE = 24,
    FIND_OBJECTS_INIT = 26,
    FIND_OBJECTS = 27,
    FIND_OBJECTS_FINAL = 28,
    SIGN_INIT = 42,
    SIGN = 43,
    FUNCTIONS = 68,
    ANY = FUNCTIONS, /* in a rule, and among the counters: all of those that are looked at */
};

enum { OK = 0x0, DEVICE_REMOVED = 0x32, TOKEN_NOT_PRESENT = 0xe0 }; /* CKR_ */

enum kind { NOTHING, RETURN, DELAY, SPOIL, CLOSE, LOG_OUT, REMOVE, HANG, DIE };

enum { RULES = 64 };

typedef struct {
    uint64_t function, first, last, kind; /* for its calls number first to last, from 1 */
    uint64_t value; /* RETURN: what; DELAY: us; SPOIL: mask; REMOVE: for how many calls; DIE: by which signal */
} rule;

typedef struct {
    char module[1024]; /* path of the one behind */
    rule rules[RULES];
    _Atomic uint64_t calls[FUNCTIONS + 1];
    _Atomic uint64_t faults;   /* that have happened */
    _Atomic uint64_t absent;   /* calls that will yet find no token */
    _Atomic uint64_t removals; /* of the token */
    _Atomic uint64_t hanging;  /* calls that do not come back */
} plan;

typedef struct {
    uint8_t version[2];
    void (*function[FUNCTIONS])(void);
} function_list;

static plan *shared;
static function_list list;        /* ours */
static const function_list *real; /* that of the module behind */
static _Atomic uint64_t removals_seen, slot_in_use;

static _Noreturn void give_up(const char *why) {
    fprintf(stderr, "hsm_shim: %s\n", why);
    abort();
}

static void rest(uint64_t microseconds) {
    const struct timespec time = {(time_t)(microseconds / 1000000), (long)(microseconds % 1000000) * 1000};
    nanosleep(&time, NULL);
}

#define CALL(function_, types, arguments) (((word(*) types)real->function[function_])arguments)

/* ---- what goes wrong */

/* The standard has a token's sessions end when it is removed: those of this process, when it next calls. */
static void end_sessions_of_removed(void) {
    const uint64_t removals = atomic_load(&shared->removals);
    if (atomic_exchange(&removals_seen, removals) != removals) CALL(CLOSE_ALL_SESSIONS, (word), (slot_in_use));
}

static int is_absent(void) {
    uint64_t left = atomic_load(&shared->absent);
    while (left != 0 && left != UINT64_MAX && !atomic_compare_exchange_weak(&shared->absent, &left, left - 1)) {}
    return left != 0;
}

static const rule *rule_for(uint64_t function, uint64_t number) {
    for (const rule *each = shared->rules; each < shared->rules + RULES; each++)
        if (each->kind != NOTHING && each->function == function && each->first <= number && number <= each->last) return each;
    return NULL;
}

/* Other numbers for each call, and the same in each run. */
static uint64_t scattered(uint64_t number, uint64_t below) { return number * 0x9e3779b97f4a7c15 % (below + 1); }

/* Do what a rule says. Is the call over, with *rv*? What is to be done to a signature afterwards goes to *mask*. */
static int apply(const rule *what, uint64_t number, word session, word *rv, uint8_t *mask) {
    atomic_fetch_add(&shared->faults, 1);
    switch ((enum kind)what->kind) {
    case RETURN:
        *rv = what->value;
        return 1;
    case DELAY: rest(scattered(number, what->value)); return 0;
    case SPOIL: *mask = (uint8_t)what->value; return 0;
    case CLOSE: CALL(CLOSE_SESSION, (word), (session)); return 0;
    case LOG_OUT: CALL(LOGOUT, (word), (session)); return 0;
    case REMOVE:
        atomic_fetch_add(&shared->removals, 1);
        atomic_store(&shared->absent, what->value);
        return 0;
    case HANG:
        for (atomic_fetch_add(&shared->hanging, 1);;) rest(1000000);
    case DIE: kill(getpid(), (int)what->value); pause(); return 0;
    case NOTHING: return 0;
    }
    give_up("a rule of an unknown kind");
}

/* Count a call, and see to it that it goes wrong if it is to. Is it over, with *rv*? */
static int interfere(int function, word session, word *rv, uint8_t *mask) {
    const uint64_t number = atomic_fetch_add(&shared->calls[function], 1) + 1;
    const uint64_t of_all = atomic_fetch_add(&shared->calls[ANY], 1) + 1;
    const rule *what = rule_for((uint64_t)function, number);
    if (what == NULL) what = rule_for(ANY, of_all);
    if (what != NULL && apply(what, number, session, rv, mask)) return 1;
    end_sessions_of_removed();
    if (function == INITIALIZE || function == FINALIZE || !is_absent()) return 0;
    *rv = function == GET_TOKEN_INFO || function == OPEN_SESSION ? TOKEN_NOT_PRESENT : DEVICE_REMOVED;
    return 1;
}

/* ---- the calls that are looked at; the others go straight through */

#define LOOK_AT(name, number, session, types, parameters, arguments) \
    static word name parameters { \
        word rv; \
        uint8_t mask = 0; \
        if (interfere(number, session, &rv, &mask)) return rv; \
        return CALL(number, types, arguments); \
    }

LOOK_AT(initialize, INITIALIZE, 0, (void *), (void *options), (options))
LOOK_AT(finalize, FINALIZE, 0, (void *), (void *reserved), (reserved))
LOOK_AT(get_token_info, GET_TOKEN_INFO, 0, (word, void *), (word slot, void *info), (slot, info))
LOOK_AT(close_session, CLOSE_SESSION, session, (word), (word session), (session))
LOOK_AT(login, LOGIN, session, (word, word, void *, word), (word session, word user, void *pin, word length),
        (session, user, pin, length))
LOOK_AT(logout, LOGOUT, session, (word), (word session), (session))
LOOK_AT(get_attribute_value, GET_ATTRIBUTE_VALUE, session, (word, word, void *, word),
        (word session, word object, void *attributes, word count), (session, object, attributes, count))
LOOK_AT(find_objects_init, FIND_OBJECTS_INIT, session, (word, void *, word), (word session, void *attributes, word count),
        (session, attributes, count))
LOOK_AT(find_objects, FIND_OBJECTS, session, (word, word *, word, word *), (word session, word *objects, word room, word *count),
        (session, objects, room, count))
LOOK_AT(find_objects_final, FIND_OBJECTS_FINAL, session, (word), (word session), (session))
LOOK_AT(sign_init, SIGN_INIT, session, (word, void *, word), (word session, void *mechanism, word key), (session, mechanism, key))

static word get_slot_list(uint8_t only_with_token, word *slots, word *count) {
    word rv;
    uint8_t mask = 0;
    if (!interfere(GET_SLOT_LIST, 0, &rv, &mask))
        return CALL(GET_SLOT_LIST, (uint8_t, word *, word *), (only_with_token, slots, count));
    if (rv != DEVICE_REMOVED) return rv;
    *count = 0; /* the slot is there yet, but it is empty */
    return OK;
}

static word open_session(word slot, word flags, void *application, void *notify, word *session) {
    word rv;
    uint8_t mask = 0;
    atomic_store(&slot_in_use, slot);
    if (interfere(OPEN_SESSION, 0, &rv, &mask)) return rv;
    return CALL(OPEN_SESSION, (word, word, void *, void *, word *), (slot, flags, application, notify, session));
}

static word sign(word session, uint8_t *data, word length, uint8_t *signature, word *signature_length) {
    word rv;
    uint8_t mask = 0;
    if (interfere(SIGN, session, &rv, &mask)) return rv;
    rv = CALL(SIGN, (word, uint8_t *, word, uint8_t *, word *), (session, data, length, signature, signature_length));
    if (rv == OK && mask != 0 && signature != NULL) signature[scattered(shared->calls[SIGN], *signature_length - 1)] ^= mask;
    return rv;
}

/* ---- getting in */

__attribute__((visibility("default"))) word C_GetFunctionList(function_list **out);

static void open_plan(const char *path) {
    char name[4096];
    if (snprintf(name, sizeof name, "%s.plan", path) >= (int)sizeof name) give_up("its path is too long");
    const int file = open(name, O_RDWR | O_CLOEXEC);
    if (file < 0) give_up("there is no plan");
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared == MAP_FAILED) give_up("the plan can't be mapped");
    removals_seen = shared->removals;
}

static void enter(void) {
    Dl_info us;
    void *symbol;
    word (*own)(function_list **) = C_GetFunctionList;
    memcpy(&symbol, &own, sizeof symbol);
    if (dladdr(symbol, &us) == 0) give_up("it does not know its own path");
    open_plan(us.dli_fname);
    void *library = dlopen(shared->module, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) give_up(dlerror());
    word (*get_list)(const function_list **);
    symbol = dlsym(library, "C_GetFunctionList");
    memcpy(&get_list, &symbol, sizeof get_list);
    if (symbol == NULL || get_list(&real) != OK) give_up("the module behind it is none");
    list = *real;
#define TAKE(number, name) list.function[number] = (void (*)(void))name
    TAKE(INITIALIZE, initialize), TAKE(FINALIZE, finalize), TAKE(GET_FUNCTION_LIST, C_GetFunctionList);
    TAKE(GET_SLOT_LIST, get_slot_list), TAKE(GET_TOKEN_INFO, get_token_info), TAKE(OPEN_SESSION, open_session);
    TAKE(CLOSE_SESSION, close_session), TAKE(LOGIN, login), TAKE(LOGOUT, logout);
    TAKE(GET_ATTRIBUTE_VALUE, get_attribute_value), TAKE(FIND_OBJECTS_INIT, find_objects_init);
    TAKE(FIND_OBJECTS, find_objects), TAKE(FIND_OBJECTS_FINAL, find_objects_final);
    TAKE(SIGN_INIT, sign_init), TAKE(SIGN, sign);
}

word C_GetFunctionList(function_list **out) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, enter);
    *out = &list;
    return OK;
}
