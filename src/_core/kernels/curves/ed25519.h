/* Curve25519 in the short Weierstrass form y^2 = x^3 + ax + b, so that Ed25519 shares the additions of the other curves: five
 * multiplications and a squaring, where twisted Edwards coordinates take seven. With Montgomery's u and v (RFC 7748): x = u + A/3, y = v.
 * Numbers are least limb first; the field has no Montgomery form. */
#define EC_LIMBS 4
#define EC_OWN_FIELD "ed25519_field_impl.h"

/* p = 2^255 - 19, and the order of the base point, L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032 section 5.1) */
#define EC_P {0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff}
#define EC_P_ONE {1}
#define EC_P_SQUARE {1}
#define EC_N {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0x0000000000000000, 0x1000000000000000}
#define EC_N_FACTOR 0xd2b51da312547e1b
#define EC_N_ONE {0xd6ec31748d98951d, 0xc6ef5bf4737dcf70, 0xfffffffffffffffe, 0x0fffffffffffffff}
#define EC_N_SQUARE {0xa40611e3449c0f01, 0xd00e1ba768859347, 0xceec73d217f5be65, 0x0399411b7c309a3d}
#define EC_N_CUBE {0x2a9e49687b83a2db, 0x278324e6aef7f3ec, 0x8065dc6c04ec5b65, 0x0e530b773599cec7}

#define EC_A_MONT {0xaaaaaa984914a144, 0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaaa, 0x2aaaaaaaaaaaaaaa}
#define EC_B_MONT {0x260b5e9c7710c864, 0xed097b425ed097b4, 0x097b425ed097b425, 0x7b425ed097b425ed}
#define EC_GX_MONT {0xaaaaaaaaaaad245a, 0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaaa, 0x2aaaaaaaaaaaaaaa}
#define EC_GY_MONT {0xd6163a5d81312c14, 0x6dc2b28192839e4d, 0x1fe122d388b72eb3, 0x5f51e65e475f794b}

/* A/3 with A = 486662; c = sqrt(-486664), of the sign that takes base point to base point; d of -x^2 + y^2 = 1 + d x^2 y^2; sqrt(-1) */
#define ED_SHIFT {0xaaaaaaaaaaad2451, 0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaaa, 0x2aaaaaaaaaaaaaaa}
#define ED_C {0xcc6e04aaff457e06, 0xc5a1d3d14b7d1a82, 0xd27b08dc03fc4f7e, 0x0f26edf460a006bb}
#define ED_D {0x75eb4dca135978a3, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73}
#define ED_ROOT_MINUS_ONE {0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7, 0x2b8324804fc1df0b}
