/* The whole kernel of one curve: included last, after the curve and, where there is one, its own multiplication. */
#include "ec_kernel.h"

#include "ec_field_impl.h"
#include "ec_points_impl.h"
#include "ec_select_impl.h"
#include "ec_comb_impl.h"
#include "ec_sign_impl.h"
#include "ec_double_impl.h"
#include "ec_verify_impl.h"
#include "ec_probe_impl.h"

static const uint8_t order_octets[EC_OCTETS] = EC_N_OCTETS;

#define EC_KERNEL(title, fits)                                                                                                 \
    {                                                                                                                          \
        .name = title, .curve = EC_CURVE, .octets = EC_OCTETS, .rows = ROWS, .order = order_octets, .usable = fits,            \
        .sign_room = sizeof(sign_room), .verify_room = sizeof(verify_room), .derive = kernel_derive, .sign = kernel_sign,      \
        .sign_rows = kernel_sign_rows, .verify_rows = kernel_verify_rows, .table_size = kernel_table_size,                     \
        .tables = kernel_tables, .verify = kernel_verify, .probe = kernel_probe                                                \
    }
