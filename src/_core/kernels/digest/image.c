/* The rows of an image: their digests, their index, the look-up. */
#define OPENSSL_SUPPRESS_DEPRECATED /* as in digest.c */
#include "image.h"

#include <openssl/sha.h>

const fs_rrsig_head fs_image_no_head = {0};

static void digest(const uint8_t *octets, size_t length, uint8_t out[FS_IMAGE_DIGEST]) {
    uint8_t whole[SHA256_DIGEST_LENGTH];
    SHA256_CTX sha256;
    SHA256_Init(&sha256), SHA256_Update(&sha256, octets, length), SHA256_Final(whole, &sha256);
    memcpy(out, whole, FS_IMAGE_DIGEST);
}

void fs_image_place(const fs_target *target, uint8_t place[FS_IMAGE_DIGEST]) {
    uint8_t octets[FS_NAME_MAX + 33 + 2];
    for (uint32_t i = 0; i < target->owner_length; i++) octets[i] = fs_lower[target->owner[i]];
    fs_store_be16(octets + target->owner_length, target->type);
    digest(octets, target->owner_length + 2u, place);
}

fs_status fs_image_content(fs_message *message, const fs_target *target, uint8_t content[FS_IMAGE_DIGEST], fs_error *error) {
    const fs_status status = fs_message_build(message, &fs_image_no_head, target, error);
    if (status == FS_OK) digest(message->octets, message->length, content);
    return status;
}

//----------- The index ---------------------------------------------------------

/* A place is a digest: its first octets are as good as any hash of it. */
static uint32_t slot_of(const uint8_t place[FS_IMAGE_DIGEST], uint32_t slots) {
    uint32_t hash;
    memcpy(&hash, place, sizeof hash);
    return hash & (slots - 1);
}

static int is_sound(const fs_image_row *row, uint64_t left, const fs_image_key *keys, uint32_t key_count) {
    if (left < sizeof *row || row->key >= key_count) return 0;
    const fs_image_key *key = &keys[row->key];
    if (row->length != key->length || row->tag != key->tag || row->algorithm != key->algorithm) return 0;
    return fs_image_row_size(row->length) <= left && !(row->flags & ~FS_IMAGE_FIRST);
}

fs_status fs_image_index(const uint8_t *rows, uint64_t size, uint64_t count, const fs_image_key *keys, uint32_t key_count, uint32_t *index,
                         uint32_t slots, fs_error *error) {
    uint64_t at = 0, seen = 0;
    if (count >= slots || size / 8 >= FS_NONE) return fs_fail(error, FS_ERROR_RANGE, "an image of %llu rows", (unsigned long long)count);
    for (; at < size && seen < count; seen++) {
        const fs_image_row *row = (const fs_image_row *)(rows + at);
        if (!is_sound(row, size - at, keys, key_count)) break;
        if (row->flags & FS_IMAGE_FIRST) {
            uint32_t slot = slot_of(row->place, slots);
            while (index[slot] != 0) slot = (slot + 1) & (slots - 1);
            index[slot] = (uint32_t)(at / 8) + 1;
        }
        at += fs_image_row_size(row->length);
    }
    if (at == size && seen == count) return FS_OK;
    return fs_fail(error, FS_ERROR_RANGE, "row %llu of the image is malformed", (unsigned long long)seen);
}

fs_image_row *fs_image_find(const fs_image *image, const uint8_t place[FS_IMAGE_DIGEST], uint32_t *reference) {
    for (uint32_t slot = slot_of(place, image->slots); image->index[slot] != 0; slot = (slot + 1) & (image->slots - 1)) {
        fs_image_row *row = fs_image_at(image->rows, image->index[slot]);
        if (memcmp(row->place, place, FS_IMAGE_DIGEST) != 0) continue;
        *reference = image->index[slot];
        return row;
    }
    return NULL;
}

fs_image_row *fs_image_next(const fs_image_row *row, const uint8_t *rows, uint64_t size) {
    const uint8_t *next = (const uint8_t *)row + fs_image_row_size(row->length);
    if (next >= rows + size || (((const fs_image_row *)next)->flags & FS_IMAGE_FIRST)) return NULL;
    return (fs_image_row *)next;
}
