/* The whole kernel of one curve: included last, after the curve and, where there is one, its own multiplication. */
#include "ec_kernel.h"

#include "ec_field_impl.h"
#include "ec_points_impl.h"
#include "ec_select_impl.h"
#include "ec_sign_impl.h"
#include "ec_verify_impl.h"

static const uint8_t order_octets[EC_OCTETS] = EC_N_OCTETS;

static void kernel_probe(fs_ec_probe operation, const uint8_t *a_octets, const uint8_t *b_octets, uint8_t *out) {
    num a, b;
    num_load(&a, a_octets);
    num_load(&b, b_octets);
    switch (operation) {
    case FS_EC_FIELD_MUL: fe_mul(&a, &a, &b); break;
    case FS_EC_FIELD_SQR: fe_sqr(&a, &a); break;
    case FS_EC_FIELD_ADD: fe_add(&a, &a, &b); break;
    case FS_EC_FIELD_SUB: fe_sub(&a, &a, &b); break;
    case FS_EC_FIELD_NEGATE: fe_negate_if(&a, ~(uint64_t)0); break;
    case FS_EC_FIELD_INVERT: fe_invert(&a, &a); break;
    case FS_EC_ORDER_MUL: order_mul(&a, &a, &b); break;
    case FS_EC_ORDER_INVERT: order_invert(&a, &a); break;
    case FS_EC_ORDER_REDUCE: order_reduce(&a); break;
    case FS_EC_PROBES: break;
    }
    num_store(out, &a);
}

#define EC_KERNEL(title, fits)                                                                                                 \
    {                                                                                                                          \
        .name = title, .curve = EC_CURVE, .octets = EC_OCTETS, .rows = ROWS, .order = order_octets, .usable = fits,            \
        .sign_room = sizeof(sign_room), .verify_room = sizeof(verify_room), .derive = kernel_derive, .sign = kernel_sign,      \
        .table_size = kernel_table_size, .tables = kernel_tables, .verify = kernel_verify, .probe = kernel_probe               \
    }
