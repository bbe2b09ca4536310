/* LOC (RFC 1876 section 3): latitude, longitude, altitude, and three optional sizes in metres. */
#include "scan_internal.h"

static fs_reason put_back(fs_scanner *s, fs_reason reason) {
    fs_unlex(s);
    return reason;
}

static bool is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

//----------- Numbers with decimals --------------------------------------------

typedef struct {
    uint64_t whole;    /* cut to what is out of any range here */
    uint64_t decimals; /* as many as asked for */
} decimal;

/* The digits at p, behind a sign as strtoul takes one; returns their end, p itself if there are none. */
static const uint8_t *read_whole(const uint8_t *p, const uint8_t *end, uint64_t *value) {
    const uint8_t *const start = p;
    const bool minus = p < end && *p == '-';
    if (p < end && (*p == '+' || minus)) p++;
    *value = 0;
    if (p == end || !is_digit(*p)) return start;
    for (; p < end && is_digit(*p); p++)
        if (*value < UINT32_MAX) *value = *value * 10 + (uint64_t)(*p - '0');
    if (minus && *value != 0) *value = UINT64_MAX;
    return p;
}

/* whole[.decimals][unit], of at most `places` decimals. */
static fs_reason read_decimal(const uint8_t *p, const uint8_t *end, uint64_t limit, uint32_t places, uint8_t unit, decimal *number) {
    const uint8_t *q = read_whole(p, end, &number->whole);
    bool some = q != p;
    uint32_t place = 0;
    number->decimals = 0;
    if (q < end && *q != '.' && *q != unit) return FS_R_SYNTAX;
    if (number->whole > limit) return FS_R_RANGE;
    if (q < end && *q == '.') {
        for (q++; place < places && q < end && *q != unit; place++, q++) {
            if (!is_digit(*q)) return FS_R_SYNTAX;
            number->decimals = number->decimals * 10 + (uint64_t)(*q - '0');
            some = true;
        }
    }
    for (; place < places; place++) number->decimals *= 10;
    if (q < end && *q == unit) q++;
    return some && q == end ? FS_R_OK : FS_R_SYNTAX;
}

//----------- Latitude and longitude -------------------------------------------

typedef struct {
    uint32_t limit; /* degrees */
    uint8_t positive, negative;
} axis;

/* Is the next token the direction? If not, it is put back. */
static fs_reason read_direction(fs_scanner *s, const axis *a, bool *found, bool *positive) {
    fs_token token;
    FS_TRY(fs_lex_word(s, &token));
    *positive = token.length == 1 && token.text[0] == a->positive;
    *found = *positive || (token.length == 1 && token.text[0] == a->negative);
    if (!*found) fs_unlex(s);
    return FS_R_OK;
}

/* Seconds with up to three decimals, in thousandths. */
static fs_reason read_seconds(fs_scanner *s, uint32_t *thousandths) {
    fs_token token;
    decimal seconds;
    FS_TRY(fs_lex_word(s, &token));
    const fs_reason reason = read_decimal(token.text, token.text + token.length, 59, 3, 0, &seconds);
    if (reason != FS_R_OK) return put_back(s, reason);
    *thousandths = (uint32_t)(seconds.whole * 1000 + seconds.decimals);
    return FS_R_OK;
}

/* [minutes [seconds]] direction, in thousandths of a second. */
static fs_reason read_fraction(fs_scanner *s, const axis *a, bool none, uint32_t *thousandths, bool *positive) {
    uint32_t minutes, seconds;
    bool found;
    *thousandths = 0;
    FS_TRY(read_direction(s, a, &found, positive));
    if (found) return FS_R_OK;
    FS_TRY(fs_lex_limited(s, 59, &minutes));
    if (none && minutes != 0) return put_back(s, FS_R_RANGE);
    *thousandths = minutes * 60000;
    FS_TRY(read_direction(s, a, &found, positive));
    if (found) return FS_R_OK;
    FS_TRY(read_seconds(s, &seconds));
    if (none && seconds != 0) return put_back(s, FS_R_RANGE);
    *thousandths += seconds;
    FS_TRY(read_direction(s, a, &found, positive));
    return found ? FS_R_OK : FS_R_SYNTAX;
}

/* An angle as thousandths of a second from 2^31. */
static fs_reason read_angle(fs_scanner *s, const axis *a, uint32_t *angle) {
    uint32_t degrees, thousandths;
    bool positive;
    FS_TRY(fs_lex_limited(s, a->limit, &degrees));
    FS_TRY(read_fraction(s, a, degrees == a->limit, &thousandths, &positive));
    const uint32_t distance = degrees * 3600000 + thousandths;
    *angle = positive ? 0x80000000u + distance : 0x80000000u - distance;
    return FS_R_OK;
}

//----------- Metres -----------------------------------------------------------

/* Centimetres above 100,000 m below the reference spheroid. */
static fs_reason read_altitude(fs_scanner *s, uint32_t *altitude) {
    fs_token token;
    decimal metres;
    FS_TRY(fs_lex_word(s, &token));
    const bool minus = token.text[0] == '-';
    const uint8_t *const start = token.text + (minus ? 1 : 0);
    const fs_reason reason = read_decimal(start, token.text + token.length, minus ? 100000 : 42849672, 2, 'm', &metres);
    if (reason != FS_R_OK) return put_back(s, reason);
    const uint64_t distance = metres.whole * 100 + metres.decimals;
    if (distance > (minus ? 10000000u : 4284967295u)) return put_back(s, FS_R_RANGE);
    *altitude = (uint32_t)(minus ? 10000000 - distance : 10000000 + distance);
    return FS_R_OK;
}

/* A size as one digit and a power of ten, in centimetres. */
static uint8_t size_code(uint64_t metres, uint64_t centimetres) {
    uint32_t exponent = 2;
    if (metres == 0) return (uint8_t)(centimetres >= 10 ? (centimetres / 10) << 4 | 1 : centimetres << 4);
    for (; metres >= 10; metres /= 10) exponent++;
    return (uint8_t)((uint32_t)metres << 4 | exponent);
}

/* Size, horizontal and vertical precision, as many as there are. */
static fs_reason read_sizes(fs_scanner *s, uint8_t sizes[3]) {
    for (int i = 0; i < 3; i++) {
        fs_token token;
        decimal metres;
        FS_TRY(fs_lex_word_or_end(s, &token));
        if (fs_token_is_end(&token)) return put_back(s, FS_R_OK);
        const fs_reason reason = read_decimal(token.text, token.text + token.length, 90000000, 2, 'm', &metres);
        if (reason != FS_R_OK) return put_back(s, reason);
        sizes[i] = size_code(metres.whole, metres.decimals);
    }
    return FS_R_OK;
}

fs_reason fs_field_loc(fs_scanner *s) {
    static const axis north_south = {90, 'N', 'S'}, east_west = {180, 'E', 'W'};
    uint32_t latitude, longitude, altitude;
    uint8_t sizes[3] = {0x12, 0x16, 0x13}; /* 1 m, 10,000 m, 10 m */
    FS_TRY(read_angle(s, &north_south, &latitude));
    FS_TRY(read_angle(s, &east_west, &longitude));
    FS_TRY(read_altitude(s, &altitude));
    FS_TRY(read_sizes(s, sizes));
    FS_TRY(fs_write_u8(s, 0)); /* version */
    FS_TRY(fs_write(s, sizes, 3));
    FS_TRY(fs_write_u32(s, latitude));
    FS_TRY(fs_write_u32(s, longitude));
    return fs_write_u32(s, altitude);
}
