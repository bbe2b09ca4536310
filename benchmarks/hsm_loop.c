/* How many signatures a PKCS #11 module makes in a second for a program that does nothing else: C_SignInit, C_Sign, over again.
 *
 * cc -O2 -o hsm_loop hsm_loop.c -ldl
 * hsm_loop MODULE TOKEN PIN-FILE LABEL rsa|ecdsa SESSIONS SIGNATURES
 *
 * A process for each session, as fastsign has its workers; all begin at once, when each has signed a first time. Prints the
 * seconds from there until the last one is done.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long word;

typedef struct {
    word type;
    void *value;
    word length;
} attribute;

typedef struct {
    word mechanism;
    void *parameter;
    word parameter_length;
} mechanism;

/* CK_FUNCTION_LIST in the standard's order, as far as it is needed. */
typedef struct {
    uint8_t version[2];
    word (*initialize)(void *);
    void (*a[3])(void);
    word (*get_slot_list)(uint8_t, word *, word *);
    void (*b)(void);
    word (*get_token_info)(word, void *);
    void (*c[5])(void);
    word (*open_session)(word, word, void *, void *, word *);
    void (*d[5])(void);
    word (*login)(word, word, void *, word);
    void (*e[7])(void);
    word (*find_objects_init)(word, attribute *, word);
    word (*find_objects)(word, word *, word, word *);
    word (*find_objects_final)(word);
    void (*f[13])(void);
    word (*sign_init)(word, mechanism *, word);
    word (*sign)(word, uint8_t *, word, uint8_t *, word *);
} functions;

enum { CKF_SERIAL_SESSION = 4, CKU_USER = 1, CKA_CLASS = 0, CKA_LABEL = 3, CKO_PRIVATE_KEY = 3, CKM_RSA_PKCS = 1, CKM_ECDSA = 0x1041 };

typedef struct {
    const char *module, *token, *pin_file, *label;
    int is_rsa;
} place;

static _Noreturn void give_up(const char *what, word rv) {
    fprintf(stderr, "hsm_loop: %s: 0x%lx\n", what, rv);
    exit(1);
}

static void check(const char *what, word rv) {
    if (rv != 0) give_up(what, rv);
}

static const functions *load(const char *path) {
    void *library = dlopen(path, RTLD_NOW);
    void *symbol = library != NULL ? dlsym(library, "C_GetFunctionList") : NULL;
    if (symbol == NULL) give_up("the module can't be loaded", 0);
    word (*get_list)(const functions **);
    memcpy(&get_list, &symbol, sizeof get_list);
    const functions *module;
    check("C_GetFunctionList", get_list(&module));
    check("C_Initialize", module->initialize(NULL));
    return module;
}

static word find_slot(const functions *module, const char *token) {
    word slots[64], count = 64;
    char padded[33], info[1024];
    snprintf(padded, sizeof padded, "%-32s", token);
    check("C_GetSlotList", module->get_slot_list(1, slots, &count));
    for (word i = 0; i < count; i++)
        if (module->get_token_info(slots[i], info) == 0 && memcmp(info, padded, 32) == 0) return slots[i];
    give_up("there is no such token", 0);
}

static word open_session(const functions *module, const place *at) {
    word session;
    char pin[256] = "";
    FILE *file = fopen(at->pin_file, "r");
    if (file == NULL || fgets(pin, sizeof pin, file) == NULL) give_up("there is no PIN", 0);
    fclose(file);
    check("C_OpenSession", module->open_session(find_slot(module, at->token), CKF_SERIAL_SESSION, NULL, NULL, &session));
    check("C_Login", module->login(session, CKU_USER, pin, strcspn(pin, "\r\n")));
    return session;
}

static word find_key(const functions *module, word session, const char *label) {
    char name[256];
    snprintf(name, sizeof name, "%s", label);
    word class = CKO_PRIVATE_KEY, key, count;
    attribute wanted[2] = {{CKA_CLASS, &class, sizeof class}, {CKA_LABEL, name, strlen(name)}};
    check("C_FindObjectsInit", module->find_objects_init(session, wanted, 2));
    check("C_FindObjects", module->find_objects(session, &key, 1, &count));
    check("C_FindObjectsFinal", module->find_objects_final(session));
    if (count != 1) give_up("there is no such key", 0);
    return key;
}

static void sign_once(const functions *module, word session, word key, int is_rsa, uint64_t number) {
    static const uint8_t head[] = {0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20};
    uint8_t data[sizeof head + 32] = {0}, made[512]; /* DigestInfo of SHA-256 (RFC 8017 section 9.2), or the digest alone */
    memcpy(data, head, sizeof head);
    memcpy(data + sizeof head, &number, sizeof number);
    const word skipped = is_rsa ? 0 : sizeof head;
    word length = sizeof made;
    mechanism how = {is_rsa ? CKM_RSA_PKCS : CKM_ECDSA, NULL, 0};
    check("C_SignInit", module->sign_init(session, &how, key));
    check("C_Sign", module->sign(session, data + skipped, sizeof data - skipped, made, &length));
}

static void work(const place *at, pthread_barrier_t *start, uint64_t signatures) {
    const int alone = open(at->pin_file, O_RDONLY | O_CLOEXEC); /* SoftHSM shows no token while another process logs in */
    flock(alone, LOCK_EX);
    const functions *module = load(at->module);
    const word session = open_session(module, at);
    const word key = find_key(module, session, at->label);
    sign_once(module, session, key, at->is_rsa, 0);
    close(alone);
    pthread_barrier_wait(start);
    for (uint64_t i = 1; i <= signatures; i++) sign_once(module, session, key, at->is_rsa, i);
    _exit(0); /* no exit handlers: SoftHSM has been seen to crash in its own */
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 8) give_up("MODULE TOKEN PIN-FILE LABEL rsa|ecdsa SESSIONS SIGNATURES", 0);
    const place at = {argv[1], argv[2], argv[3], argv[4], strcmp(argv[5], "rsa") == 0};
    const unsigned sessions = (unsigned)atoi(argv[6]);
    const uint64_t signatures = strtoull(argv[7], NULL, 10);
    pthread_barrier_t *start = mmap(NULL, sizeof *start, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_barrierattr_t shared;
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(start, &shared, sessions + 1);
    for (uint64_t i = 0; i < sessions; i++)
        if (fork() == 0) work(&at, start, signatures / sessions + (i < signatures % sessions));
    pthread_barrier_wait(start);
    const double begin = now();
    for (unsigned i = 0; i < sessions; i++) {
        int status;
        if (wait(&status) < 0 || status != 0) give_up("a process failed", (word)status);
    }
    printf("%.6f\n", now() - begin);
    return 0;
}
