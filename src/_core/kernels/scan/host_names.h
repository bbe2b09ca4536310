/* Names of hosts and mailboxes, and owners that must be such: BIND's check-names (lib/dns/name.c and lib/dns/rdata). */
#ifndef FS_HOST_NAMES_H
#define FS_HOST_NAMES_H

#include "fs.h"

#include <stdbool.h>

/* Letters, digits and hyphens inside (RFC 952, RFC 1123 section 2.1); with `wildcard` the first label may be `*`. */
bool fs_is_host(const uint8_t *name, bool wildcard);

/* A mailbox as a name: of its first label each character may be any that prints (RFC 1035 section 8). */
bool fs_is_mailbox(const uint8_t *name);

/* May a record of this type have this owner? */
bool fs_owner_fits(const uint8_t *owner, uint16_t type, uint16_t rrclass);

/* Is there a wildcard in the name that is not its first label? (RFC 4592 section 2.1.1: it is none, then) */
bool fs_has_inner_wildcard(const uint8_t *name);

#endif
