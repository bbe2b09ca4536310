"""fastsign signs DNS zones for DNSSEC: dnssec-signzone's command line, ten times the speed."""

__version__ = "0.1.0"
