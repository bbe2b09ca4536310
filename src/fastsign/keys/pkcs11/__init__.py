"""Keys in an HSM, through its PKCS #11 module."""
