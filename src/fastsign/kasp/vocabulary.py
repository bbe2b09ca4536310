"""The words of named.conf that fastsign knows by name and passes over, as BIND 9.18 and 9.20 have them.

They are here so that a mistyped word is told from one that is none of fastsign's business.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STATEMENTS = _words(
    """
    acl controls dlz dnssec-policy dyndb http include key key-store logging lwres managed-keys masters options
    parental-agents plugin primaries remote-servers server statistics-channels template tls trust-anchors trusted-keys
    view zone
    """
)

# In options as in a view.
_COMMON = _words(
    """
    allow-new-zones allow-notify allow-proxy allow-proxy-on allow-query allow-query-cache allow-query-cache-on
    allow-query-on allow-recursion allow-recursion-on allow-transfer allow-update allow-update-forwarding also-notify
    alt-transfer-source alt-transfer-source-v6 attach-cache auth-nxdomain auto-dnssec catalog-zones check-dup-records
    check-integrity check-mx check-mx-cname check-names check-sibling check-spf check-srv-cname check-svcb
    check-wildcard checkds clients-per-query deny-answer-addresses deny-answer-aliases dialup disable-algorithms
    disable-ds-digests disable-empty-zone dns64 dns64-contact dns64-server dnskey-sig-validity dnsrps-enable
    dnsrps-options dnssec-accept-expired dnssec-dnskey-kskonly dnssec-loadkeys-interval dnssec-must-be-secure
    dnssec-policy dnssec-secure-to-insecure dnssec-update-mode dnssec-validation dnstap dual-stack-servers edns-udp-size
    edns-version empty-contact empty-server empty-zones-enable fetch-quota-params fetches-per-server fetches-per-zone
    forward forwarders glue-cache ipv4only-contact ipv4only-enable ipv4only-server ixfr-from-differences key-directory
    lame-ttl lmdb-mapsize log-report-channel masterfile-format masterfile-style max-cache-size max-cache-ttl
    max-clients-per-query max-delegation-servers max-ixfr-ratio max-journal-size max-ncache-ttl max-query-count
    max-query-restarts max-records max-records-per-type max-recursion-depth max-recursion-queries max-refresh-time
    max-retry-time max-stale-ttl max-transfer-idle-in max-transfer-idle-out max-transfer-time-in max-transfer-time-out
    max-types-per-name max-udp-size max-validation-failures-per-fetch max-validations-per-fetch max-zone-ttl
    message-compression min-cache-ttl min-ncache-ttl min-refresh-time min-retry-time min-transfer-rate-in minimal-any
    minimal-responses multi-master new-zones-directory no-case-compress nocookie-udp-size notify notify-defer
    notify-delay notify-source notify-source-v6 notify-to-soa nsec3-test-zone nta-lifetime nta-recheck nxdomain-redirect
    parental-source parental-source-v6 preferred-glue prefetch provide-ixfr provide-zoneversion qname-minimization
    query-source query-source-v6 rate-limit recursion request-expire request-ixfr request-ixfr-max-diffs request-nsid
    request-zoneversion require-cookie require-server-cookie resolver-nonbackoff-tries resolver-query-timeout
    resolver-retry-interval resolver-use-dns64 response-padding response-policy responselog root-delegation-only
    root-key-sentinel rrset-order send-cookie send-report-channel serial-update-method servfail-ttl sig-signing-nodes
    sig-signing-signatures sig-signing-type sig-validity-interval sig0checks-quota sig0checks-quota-exempt
    sig0key-checks-limit sig0message-checks-limit sortlist stale-answer-client-timeout stale-answer-enable
    stale-answer-ttl stale-cache-enable stale-refresh-time suppress-initial-notify synth-from-dnssec
    tcp-primaries-timeout transfer-format transfer-source transfer-source-v6 trust-anchor-telemetry try-tcp-refresh
    update-check-ksk use-alt-transfer-source v6-bias validate-except zero-no-soa-ttl zero-no-soa-ttl-cache
    zone-statistics
    """
)

OPTIONS = _COMMON | _words(
    """
    answer-cookie automatic-interface-scan avoid-v4-udp-ports avoid-v6-udp-ports bindkeys-file blackhole
    cookie-algorithm cookie-secret coresize datasize directory dnstap-identity dnstap-output dnstap-version dscp
    dump-file files flush-zones-on-shutdown fstrm-set-buffer-hint fstrm-set-flush-timeout fstrm-set-input-queue-size
    fstrm-set-output-notify-threshold fstrm-set-output-queue-model fstrm-set-output-queue-size fstrm-set-reopen-interval
    geoip-directory heartbeat-interval hostname http-listener-clients http-port http-streams-per-connection https-port
    interface-interval keep-response-order listen-on listen-on-v6 lock-file managed-keys-directory
    match-mapped-addresses max-rsa-exponent-size memstatistics memstatistics-file notify-rate pid-file port querylog
    random-device recursing-file recursive-clients reserved-sockets reuseport secroots-file serial-query-rate server-id
    session-keyalg session-keyfile session-keyname stacksize startup-notify-rate statistics-file tcp-advertised-timeout
    tcp-clients tcp-idle-timeout tcp-initial-timeout tcp-keepalive-timeout tcp-listen-queue tcp-receive-buffer
    tcp-send-buffer tkey-dhkey tkey-domain tkey-gssapi-credential tkey-gssapi-keytab tls-port transfer-message-size
    transfers-in transfers-out transfers-per-ns udp-receive-buffer udp-send-buffer update-quota use-v4-udp-ports
    use-v6-udp-ports version
    """
)

VIEW = _COMMON | _words(
    """
    dlz dyndb key managed-keys match-clients match-destinations match-recursive-only plugin server trust-anchors
    trusted-keys zone
    """
)

ZONE = _words(
    """
    allow-notify allow-query allow-query-on allow-transfer allow-update allow-update-forwarding also-notify
    alt-transfer-source alt-transfer-source-v6 auto-dnssec check-dup-records check-integrity check-mx check-mx-cname
    check-names check-sibling check-spf check-srv-cname check-svcb check-wildcard checkds database delegation-only
    dialup dlz dnskey-sig-validity dnssec-dnskey-kskonly dnssec-loadkeys-interval dnssec-policy
    dnssec-secure-to-insecure dnssec-update-mode file forward forwarders in-view initial-file inline-signing
    ixfr-from-differences journal key-directory log-report-channel masterfile-format masterfile-style masters
    max-ixfr-ratio max-journal-size max-records max-records-per-type max-refresh-time max-retry-time
    max-transfer-idle-in max-transfer-idle-out max-transfer-time-in max-transfer-time-out max-types-per-name
    max-zone-ttl min-refresh-time min-retry-time min-transfer-rate-in multi-master notify notify-defer notify-delay
    notify-source notify-source-v6 notify-to-soa nsec3-test-zone parental-agents parental-source parental-source-v6
    primaries provide-zoneversion request-expire request-ixfr request-ixfr-max-diffs send-report-channel
    serial-update-method server-addresses server-names sig-signing-nodes sig-signing-signatures sig-signing-type
    sig-validity-interval template transfer-source transfer-source-v6 try-tcp-refresh type update-check-ksk
    update-policy use-alt-transfer-source zero-no-soa-ttl zone-statistics
    """
)

# Options of a policy that are durations, and those that are yes or no, in the order of BIND's manual.
# Their fields in kasp.policy.Policy have the same names.
DURATIONS = (
    "dnskey-ttl",
    "max-zone-ttl",
    "parent-ds-ttl",
    "parent-propagation-delay",
    "publish-safety",
    "purge-keys",
    "retire-safety",
    "signatures-jitter",
    "signatures-refresh",
    "signatures-validity",
    "signatures-validity-dnskey",
    "zone-propagation-delay",
)
FLAGS = ("cdnskey", "inline-signing", "manual-mode", "offline-ksk")
