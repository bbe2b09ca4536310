/* The whole kernel: included last, after ed25519.h. */
#include "ed25519_kernel.h"

#include "ec_field_impl.h"
#include "ec_points_impl.h"
#include "ec_select_impl.h"
#include "ec_comb_impl.h"
#include "ec_double_impl.h"
#include "ed25519_point_impl.h"
#include "ed25519_sign_impl.h"
#include "ed25519_verify_impl.h"
#include "ec_probe_impl.h"

#define ED25519_KERNEL(title, fits)                                                                                            \
    {                                                                                                                          \
        .name = title, .rows = ROWS, .usable = fits, .sign_room = sizeof(comb_room), .verify_room = sizeof(verify_room),       \
        .commit = kernel_commit, .respond = kernel_respond, .sign_rows = kernel_sign_rows,                                     \
        .verify_rows = kernel_verify_rows, .table_size = kernel_table_size, .tables = kernel_tables, .verify = kernel_verify,  \
        .probe = kernel_probe                                                                                                  \
    }
