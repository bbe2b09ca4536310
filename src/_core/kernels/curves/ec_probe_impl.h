/* One operation of the arithmetic, for tests against Python's integers. */

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
