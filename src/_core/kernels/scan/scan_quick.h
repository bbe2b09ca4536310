/* Quick readers for lines that hold nothing odd: whatever they do not know, right or wrong, they leave to the readers that do.
 *
 * A quick reader moves its own cursor and writes RDATA; it returns false to leave the line alone, and then nothing has happened.
 * The window ends with NULs, which every reader takes for odd. Vectors: SSE2, or eight octets at a time in plain registers.
 */
#ifndef FS_SCAN_QUICK_H
#define FS_SCAN_QUICK_H

#include "scan_internal.h"

#if defined(__SSE2__) && !defined(FS_PORTABLE)
#include <emmintrin.h>
#define FS_QUICK_SSE2 1
#endif

typedef struct {
    const uint8_t *at, *end;
    uint64_t line;
    uint32_t parens;
} quick;

typedef struct {
    uint32_t stops; /* bit i: octet i ends a word: up to and with blank, or one of "();\ */
    uint32_t dots;
} quick_marks;

//----------- Thirty-two octets at once ----------------------------------------

#ifdef FS_QUICK_SSE2

FS_INLINE uint32_t stops_of(__m128i v) {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x20)), v);
    const __m128i paren = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(1)), _mm_set1_epi8(')'));
    const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"')), escape = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    const __m128i comment = _mm_cmpeq_epi8(v, _mm_set1_epi8(';'));
    const __m128i any = _mm_or_si128(_mm_or_si128(_mm_or_si128(low, paren), _mm_or_si128(quote, escape)), comment);
    return (uint32_t)_mm_movemask_epi8(any);
}

FS_INLINE quick_marks look(const uint8_t *p) {
    const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p), b = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));
    const __m128i dot = _mm_set1_epi8('.');
    quick_marks marks;
    marks.stops = stops_of(a) | stops_of(b) << 16;
    marks.dots = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, dot)) | (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(b, dot)) << 16;
    return marks;
}

/* Bit i: octet i of p and q are equal. */
FS_INLINE uint32_t equal_octets(const uint8_t *p, const uint8_t *q) {
    const __m128i *a = (const __m128i *)(const void *)p, *b = (const __m128i *)(const void *)q;
    const __m128i low = _mm_cmpeq_epi8(_mm_loadu_si128(a), _mm_loadu_si128(b));
    const __m128i high = _mm_cmpeq_epi8(_mm_loadu_si128(a + 1), _mm_loadu_si128(b + 1));
    return (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
}

#else

#define FS_EACH(octet) (0x0101010101010101ULL * (uint64_t)(octet))

/* The low bit of each octet, gathered; octet 0 is the lowest. */
FS_INLINE uint32_t gather(uint64_t high_bits) { return (uint32_t)((high_bits >> 7 & FS_EACH(1)) * 0x0102040810204080ULL >> 56); }

/* The high bit of each octet of x that is zero. */
FS_INLINE uint64_t zeros(uint64_t x) { return ~(((x & FS_EACH(0x7f)) + FS_EACH(0x7f)) | x | FS_EACH(0x7f)); }

FS_INLINE uint64_t load_octets(const uint8_t *p) {
    uint64_t x;
    memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

FS_INLINE uint64_t stops_of(uint64_t x) {
    const uint64_t low = ~(((x & FS_EACH(0x7f)) + FS_EACH(0x5f)) | x) & FS_EACH(0x80);
    return low | zeros((x | FS_EACH(1)) ^ FS_EACH(')')) | zeros(x ^ FS_EACH('"')) | zeros(x ^ FS_EACH('\\')) | zeros(x ^ FS_EACH(';'));
}

FS_INLINE quick_marks look(const uint8_t *p) {
    quick_marks marks = {0, 0};
    for (uint32_t i = 0; i < 32; i += 8) {
        const uint64_t x = load_octets(p + i);
        marks.stops |= gather(stops_of(x)) << i;
        marks.dots |= gather(zeros(x ^ FS_EACH('.'))) << i;
    }
    return marks;
}

FS_INLINE uint32_t equal_octets(const uint8_t *p, const uint8_t *q) {
    uint32_t equal = 0;
    for (uint32_t i = 0; i < 32; i += 8) equal |= gather(zeros(load_octets(p + i) ^ load_octets(q + i))) << i;
    return equal;
}

#endif

/* Do the first n octets, at most 32, agree? */
FS_INLINE bool same_octets(const uint8_t *p, const uint8_t *q, uint32_t n) {
    return ((~equal_octets(p, q)) << (32 - n)) == 0;
}

//----------- Words ------------------------------------------------------------

/* Octets of the word at p: up to the first stop. */
FS_INLINE uint32_t word_length(const uint8_t *p) {
    for (uint32_t n = 0;; n += 32) {
        const uint32_t stops = look(p + n).stops;
        if (FS_LIKELY(stops != 0)) return n + (uint32_t)__builtin_ctz(stops);
    }
}

FS_INLINE bool is_blank(uint8_t c) { return c == ' ' || c == '\t'; }

/* Move over what separates words: blanks, and where parentheses are open lines and comments too. Stops at a word, a quote, or the
 * end of the line. */
static __attribute__((noinline)) bool wide_gap(quick *q) {
    const uint8_t *p = q->at;
    for (;; p++) {
        switch (*p) {
        case ' ': case '\t': continue;
        case '(':
            q->parens++;
            continue;
        case ')':
            if (q->parens == 0) return false;
            q->parens--;
            continue;
        case '\r': case '\n':
            if (q->parens == 0) break;
            if (*p == '\n') q->line++;
            continue;
        case ';':
            p = memchr(p, '\n', (size_t)(q->end - p));
            if (p == NULL) return false;
            p--;
            continue;
        default:
            if ((*p < 0x20) || *p == '\\') return false;
            break;
        }
        q->at = p;
        return true;
    }
}

FS_INLINE bool gap(quick *q) {
    if (FS_LIKELY(is_blank(q->at[0]) && q->at[1] > ';' && q->at[1] != '\\')) {
        q->at++;
        return true;
    }
    return wide_gap(q);
}

FS_INLINE bool at_line_end(const quick *q) { return q->at[0] == '\n' || q->at[0] == '\r'; }

//----------- Names ------------------------------------------------------------

/* The name at p into wire, which has room for 255 + 33 octets; *text_length is what it takes in the text. A character of the text
 * lands one octet further on, so that a dot stands where the length of the next label goes. */
FS_INLINE bool read_name(const uint8_t *p, const uint8_t *origin, uint32_t origin_length, uint8_t *wire, uint32_t *length,
                         uint32_t *text_length) {
    uint32_t start = 0, base = 0, n;
    for (;; base += 32) {
        quick_marks marks = look(p + base);
        memcpy(wire + 1 + base, p + base, 32);
        const uint32_t stops = marks.stops;
        if (stops != 0) marks.dots &= (stops & (0u - stops)) - 1; /* dots before the first stop */
        while (marks.dots != 0) {
            const uint32_t dot = base + (uint32_t)__builtin_ctz(marks.dots);
            marks.dots &= marks.dots - 1;
            const uint32_t label = dot - start;
            if (label - 1 >= FS_LABEL_MAX) return false;
            wire[start] = (uint8_t)label;
            start = dot + 1;
        }
        if (stops != 0) {
            n = base + (uint32_t)__builtin_ctz(stops);
            break;
        }
        if (base >= 224) return false;
    }
    if (n == 0 || n >= FS_NAME_MAX || (n == 1 && *p == '@')) return false;
    *text_length = n;
    if (start == n) { /* absolute: a dot is last */
        wire[n] = 0;
        *length = n + 1;
        return true;
    }
    const uint32_t label = n - start;
    if (label > FS_LABEL_MAX || n + 1 + origin_length > FS_NAME_MAX) return false;
    wire[start] = (uint8_t)label;
    memcpy(wire + n + 1, origin, origin_length);
    *length = n + 1 + origin_length;
    return true;
}

//----------- Numbers ----------------------------------------------------------

/* Decimal digits up to a stop; not above limit. */
FS_INLINE bool read_decimal(quick *q, uint64_t limit, uint32_t *value) {
    const uint8_t *p = q->at;
    uint64_t n = 0;
    uint32_t digit = (uint32_t)(*p - '0');
    if (digit > 9) return false;
    do {
        n = n * 10 + digit;
        digit = (uint32_t)(*++p - '0');
    } while (digit <= 9 && n <= limit);
    if (n > limit || *p > 0x20) return false;
    q->at = p;
    *value = (uint32_t)n;
    return true;
}

#endif
