/* Fields of rare types: EUI48, EUI64 (RFC 7043), NID, L64 (RFC 6742), NSAP (RFC 1706), ATMA, X25 (RFC 1183), NAPTR's regular
 * expressions (RFC 3403), NXT bitmaps (RFC 2535), WKS (RFC 1035 section 3.4.2). */
#include "scan_internal.h"

#include <netdb.h>
#include <netinet/in.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

static fs_reason put_back(fs_scanner *s, fs_reason reason) {
    fs_unlex(s);
    return reason;
}

/* A token as a C string, cut where it is too long for anything that may stand there. */
enum { WORD_OCTETS = 128 };
static void copy_word(const fs_token *token, char word[WORD_OCTETS]) {
    const uint32_t length = token->length < WORD_OCTETS - 1 ? token->length : WORD_OCTETS - 1;
    memcpy(word, token->text, length);
    word[length] = 0;
}

//----------- Groups of hex digits ---------------------------------------------

/* EUI48 or EUI64, whichever type it is: as sscanf's "%2x-%2x-..." reads it, so that something may stand behind. */
fs_reason fs_read_eui(fs_scanner *s, uint32_t octets) {
    fs_token token;
    char word[WORD_OCTETS];
    unsigned v[8];
    FS_TRY(fs_lex_word(s, &token));
    copy_word(&token, word);
    const int n = octets == 6 ? sscanf(word, "%2x-%2x-%2x-%2x-%2x-%2x", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5])
                              : sscanf(word, "%2x-%2x-%2x-%2x-%2x-%2x-%2x-%2x", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]);
    if (n != (int)octets) return FS_R_EUI;
    for (uint32_t i = 0; i < octets; i++) {
        if (v[i] > 255) return FS_R_EUI;
        FS_TRY(fs_write_u8(s, v[i]));
    }
    return FS_R_OK;
}

/* Four groups of one to four hex digits. */
static bool parse_locator(const fs_token *token, uint16_t groups[4]) {
    uint32_t at = 0;
    for (int group = 0; group < 4; group++) {
        uint32_t value = 0, digits = 0;
        for (; at < token->length && fs_hex_digit[token->text[at]] < 16; at++, digits++) value = value << 4 | fs_hex_digit[token->text[at]];
        if (digits == 0 || digits > 4) return false;
        groups[group] = (uint16_t)value;
        if (group < 3 && (at == token->length || token->text[at++] != ':')) return false;
    }
    return at == token->length;
}

fs_reason fs_field_locator(fs_scanner *s) {
    fs_token token;
    uint16_t groups[4];
    FS_TRY(fs_lex_word(s, &token));
    if (!parse_locator(&token, groups)) return put_back(s, FS_R_SYNTAX);
    for (int i = 0; i < 4; i++) FS_TRY(fs_write_u16(s, groups[i]));
    return FS_R_OK;
}

/* Pairs of hex digits; dots may stand anywhere (`strict`: between digits only). */
static fs_reason put_dotted_hex(fs_scanner *s, const uint8_t *text, uint32_t length, bool strict) {
    bool dot = true, some = false;
    uint32_t digits = 0, value = 0;
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] == '.') {
            if (strict && dot) return FS_R_SYNTAX;
            dot = true;
            continue;
        }
        const uint8_t digit = fs_hex_digit[text[i]];
        if (digit > 15) return FS_R_SYNTAX;
        value = value << 4 | digit;
        dot = false;
        if (++digits % 2 != 0) continue;
        FS_TRY(fs_write_u8(s, value & 0xff));
        some = true;
    }
    return digits % 2 != 0 || !some || (strict && dot) ? FS_R_END : FS_R_OK;
}

fs_reason fs_field_nsap(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    if (token.length < 2) return put_back(s, FS_R_END);
    if (token.text[0] != '0' || (token.text[1] | 0x20) != 'x') return put_back(s, FS_R_SYNTAX);
    const fs_reason reason = put_dotted_hex(s, token.text + 2, token.length - 2, false);
    return reason == FS_R_OK ? reason : put_back(s, reason);
}

/* E.164: decimal digits behind a `+`, as they are. */
static fs_reason put_e164(fs_scanner *s, const uint8_t *text, uint32_t length) {
    bool dot = true;
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] == '.') {
            if (dot) return FS_R_SYNTAX;
            dot = true;
            continue;
        }
        if ((uint8_t)(text[i] - '0') > 9) return FS_R_SYNTAX;
        FS_TRY(fs_write_u8(s, text[i]));
        dot = false;
    }
    return dot ? FS_R_END : FS_R_OK;
}

fs_reason fs_field_atma(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    const bool e164 = token.text[0] == '+';
    FS_TRY(fs_write_u8(s, e164 ? 1 : 0));
    const fs_reason reason = e164 ? put_e164(s, token.text + 1, token.length - 1) : put_dotted_hex(s, token.text, token.length, true);
    return reason == FS_R_OK ? reason : put_back(s, reason);
}

/* X.25: at least four digits. */
fs_reason fs_field_x25(fs_scanner *s) {
    fs_token token;
    FS_TRY(fs_lex_text(s, &token));
    if (token.length < 4) return put_back(s, FS_R_SYNTAX);
    for (uint32_t i = 0; i < token.length; i++)
        if ((uint8_t)(token.text[i] - '0') > 9) return put_back(s, FS_R_RANGE);
    const fs_reason reason = fs_write_string(s, &token, false);
    return reason == FS_R_OK ? reason : put_back(s, reason);
}

//----------- NAPTR ------------------------------------------------------------

typedef struct {
    char pattern[256];
    uint32_t length;
    uint32_t references; /* the highest \n of the replacement */
} naptr_regex;

/* Split delim pattern delim replacement delim flags; RFC 3402 section 3.2. */
static bool split_regex(const uint8_t *text, uint32_t length, naptr_regex *regex) {
    const uint8_t delim = text[0];
    uint32_t part = 0;
    if (delim == 0 || delim == '\\' || delim == 'i' || (uint8_t)(delim - '0') < 10) return false;
    for (uint32_t i = 1; i < length; i++) {
        const uint8_t c = text[i];
        if (c == 0) return false;
        if (c == delim) {
            if (++part > 2) return false;
            continue;
        }
        if (part == 2) {
            if (c != 'i') return false;
            continue;
        }
        if (part == 0) regex->pattern[regex->length++] = (char)c;
        if (c != '\\') continue;
        if (++i == length || text[i] == 0) return false;
        if (part == 0) regex->pattern[regex->length++] = (char)text[i];
        else if (text[i] == '0') return false;
        else if ((uint32_t)(text[i] - '0') <= 9 && (uint32_t)(text[i] - '0') > regex->references) regex->references = (uint32_t)(text[i] - '0');
    }
    regex->pattern[regex->length] = 0;
    return part == 2;
}

/* The regular expression as a character-string in the RDATA: a POSIX extended one with enough groups, or nothing. */
fs_reason fs_check_regex(const uint8_t *string) {
    naptr_regex regex = {.length = 0};
    regex_t compiled;
    if (string[0] == 0) return FS_R_OK;
    if (!split_regex(string + 1, string[0], &regex)) return FS_R_SYNTAX;
    if (regex.length == 0 || regcomp(&compiled, regex.pattern, REG_EXTENDED) != 0) return FS_R_SYNTAX;
    const bool enough = regex.references <= compiled.re_nsub;
    regfree(&compiled);
    return enough ? FS_R_OK : FS_R_SYNTAX;
}

//----------- NXT --------------------------------------------------------------

fs_reason fs_field_nxt_bitmap(fs_scanner *s) {
    uint8_t bits[16] = {0};
    uint32_t length = 0;
    for (;;) {
        fs_token token;
        uint16_t type = 0;
        uint32_t number;
        FS_TRY(fs_lex_word_or_end(s, &token));
        if (fs_token_is_end(&token)) break;
        if (fs_parse_u32(token.text, token.length, &number) == FS_R_OK) type = (uint16_t)number;
        else if (!fs_parse_type(token.text, token.length, &type)) return put_back(s, FS_R_UNKNOWN);
        if (type < 1 || type > 127) return FS_R_RANGE; /* RFC 2535 section 5.2 */
        bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
        if (type / 8u >= length) length = type / 8u + 1;
    }
    fs_unlex(s);
    return fs_write(s, bits, length);
}

//----------- WKS --------------------------------------------------------------

/* A number as strtol takes it, or what a name stands for; FS_R_OK with *value. */
static bool parse_long(const char *word, long *value) {
    char *end;
    *value = strtol(word, &end, 10);
    return *end == 0;
}

static fs_reason read_protocol(fs_scanner *s, long *protocol) {
    fs_token token;
    char word[WORD_OCTETS], buffer[1024];
    struct protoent entry, *found = NULL;
    FS_TRY(fs_lex_word(s, &token));
    copy_word(&token, word);
    if (!parse_long(word, protocol)) {
        if (getprotobyname_r(word, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL) return put_back(s, FS_R_PROTOCOL);
        *protocol = found->p_proto;
    }
    return *protocol < 0 || *protocol > 255 ? put_back(s, FS_R_RANGE) : FS_R_OK;
}

static bool find_service(const char *word, const char *protocol, long *port) {
    char buffer[1024], lower[WORD_OCTETS];
    struct servent entry, *found = NULL;
    for (uint32_t i = 0;; i++) {
        lower[i] = (char)fs_lower[(uint8_t)word[i]];
        if (word[i] == 0) break;
    }
    if (getservbyname_r(lower, protocol, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL) return false;
    *port = ntohs((uint16_t)found->s_port);
    return true;
}

fs_reason fs_field_wks(fs_scanner *s) {
    uint8_t bits[8192] = {0};
    long protocol, highest = -1;
    FS_TRY(fs_field_ipv4(s));
    FS_TRY(read_protocol(s, &protocol));
    FS_TRY(fs_write_u8(s, (uint32_t)protocol));
    for (;;) {
        fs_token token;
        char word[WORD_OCTETS];
        long port;
        FS_TRY(fs_lex_word_or_end(s, &token));
        if (fs_token_is_end(&token)) break;
        copy_word(&token, word);
        const char *name = protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : NULL;
        if (!parse_long(word, &port) && !find_service(word, name, &port)) return put_back(s, FS_R_SERVICE);
        if (port < 0 || port > 65535) return put_back(s, FS_R_RANGE);
        bits[port / 8] |= (uint8_t)(0x80 >> port % 8);
        if (port > highest) highest = port;
    }
    fs_unlex(s);
    return fs_write(s, bits, (uint32_t)((highest + 8) / 8));
}
