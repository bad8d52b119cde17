/* kafka_options_more.c - real options that nothing here depends on: they are known, accepted, and
 * listed in the results. Listeners, security, plugins, internal topics that are not kept.
 *
 * Kafka: KafkaConfig, ProducerConfig, ConsumerConfig, LogConfig of 4.1.0. TLS and SASL options are
 * the same for brokers and clients. See kafka_options.h. */
#include "models/protocol/kafka_options.h"

/* clang-format off */
#define SECURITY(scope) \
    ROW("sasl.client.callback.handler.class", scope, CLASS, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.jaas.config", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.kerberos.kinit.cmd", scope, STRING, "", "/usr/bin/kinit", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.kerberos.min.time.before.relogin", scope, LONG, "", "60000", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.kerberos.service.name", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.kerberos.ticket.renew.jitter", scope, DOUBLE, "", "0.05", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.kerberos.ticket.renew.window.factor", scope, DOUBLE, "", "0.8", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.callback.handler.class", scope, CLASS, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.class", scope, CLASS, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.connect.timeout.ms", scope, INT, "ms", NULL, MIN32, MAX32, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.read.timeout.ms", scope, INT, "ms", NULL, MIN32, MAX32, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.refresh.buffer.seconds", scope, SHORT, "s", "300", 0, 3600, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.refresh.min.period.seconds", scope, SHORT, "s", "60", 0, 900, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.refresh.window.factor", scope, DOUBLE, "", "0.8", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.refresh.window.jitter", scope, DOUBLE, "", "0.05", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.retry.backoff.max.ms", scope, LONG, "ms", "10000", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.login.retry.backoff.ms", scope, LONG, "ms", "100", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.algorithm", scope, STRING, "", "RS256", MIN64, MAX64, "ES256|RS256", accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.claim.aud", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.claim.exp.seconds", scope, INT, "s", "300", 0, 86400, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.claim.iss", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.claim.jti.include", scope, BOOLEAN, "", "false", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.claim.nbf.seconds", scope, INT, "s", "60", 0, 3600, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.claim.sub", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.file", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.private.key.file", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.private.key.passphrase", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.assertion.template.file", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.client.credentials.client.id", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.client.credentials.client.secret", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.clock.skew.seconds", scope, INT, "s", "30", MIN32, MAX32, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.expected.audience", scope, LIST, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.expected.issuer", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.jwks.endpoint.refresh.ms", scope, LONG, "ms", "3600000", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", scope, LONG, "ms", "10000", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", scope, LONG, "ms", "100", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.jwks.endpoint.url", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.jwt.retriever.class", scope, CLASS, "", "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.jwt.validator.class", scope, CLASS, "", "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.scope", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.scope.claim.name", scope, STRING, "", "scope", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.sub.claim.name", scope, STRING, "", "sub", MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("sasl.oauthbearer.token.endpoint.url", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "SASL: costs nothing here"), \
    ROW("ssl.enabled.protocols", scope, LIST, "", "TLSv1.2,TLSv1.3", MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.endpoint.identification.algorithm", scope, STRING, "", "https", MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.engine.factory.class", scope, CLASS, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.key.password", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.keymanager.algorithm", scope, STRING, "", "SunX509", MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.keystore.certificate.chain", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.keystore.key", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.keystore.location", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.keystore.password", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.keystore.type", scope, STRING, "", "JKS", MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.protocol", scope, STRING, "", "TLSv1.3", MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.provider", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.secure.random.implementation", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.trustmanager.algorithm", scope, STRING, "", "PKIX", MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.truststore.certificates", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.truststore.location", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.truststore.password", scope, STRING, "", NULL, MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"), \
    ROW("ssl.truststore.type", scope, STRING, "", "JKS", MIN64, MAX64, NULL, accepted, \
        "TLS: costs nothing here"),

const KafkaOption kafka_options_more_broker[] = {
    SECURITY(BROKER)
    ROW("add.partitions.to.txn.retry.backoff.max.ms", BROKER, INT, "ms", "100", 0, MAX32, NULL, accepted,
        "most that the wait below grows to"),
    ROW("add.partitions.to.txn.retry.backoff.ms", BROKER, INT, "ms", "20", 1, MAX32, NULL, accepted,
        "KIP-890: wait before the broker asks the transaction coordinator again"),
    ROW("advertised.listeners", BROKER, STRING, "", NULL, MIN64, MAX64, NULL, accepted,
        "addresses that clients are told"),
    ROW("alter.config.policy.class.name", BROKER, CLASS, "", NULL, MIN64, MAX64, NULL, accepted,
        "class that may refuse changes of options"),
    ROW("alter.log.dirs.replication.quota.window.num", BROKER, INT, "", "11", 1, MAX32, NULL, accepted,
        "samples of the quota on moves between directories"),
    ROW("alter.log.dirs.replication.quota.window.size.seconds", BROKER, INT, "s", "1", 1, MAX32, NULL, accepted,
        "span of each such sample"),
    ROW("authorizer.class.name", BROKER, STRING, "", "", MIN64, MAX64, NULL, accepted,
        "class that says who may do what"),
    ROW("broker.id", BROKER, INT, "", "-1", MIN32, MAX32, NULL, accepted,
        "before KRaft: node.id"),
    ROW("client.quota.callback.class", BROKER, CLASS, "", NULL, MIN64, MAX64, NULL, accepted,
        "class that computes quotas"),
    ROW("connections.max.reauth.ms", BROKER, LONG, "ms", "0", MIN64, MAX64, NULL, accepted,
        "SASL: how long a connection may live before its client authenticates anew"),
    ROW("controller.listener.names", BROKER, STRING, "", NULL, MIN64, MAX64, NULL, accepted,
        "listeners of the controllers"),
    ROW("create.topic.policy.class.name", BROKER, CLASS, "", NULL, MIN64, MAX64, NULL, accepted,
        "class on the controllers that may refuse new topics"),
    ROW("delegation.token.expiry.check.interval.ms", BROKER, LONG, "ms", "3600000", 1, MAX64, NULL, accepted,
        "delegation tokens: there are none here"),
    ROW("delegation.token.expiry.time.ms", BROKER, LONG, "ms", "86400000", 1, MAX64, NULL, accepted,
        "delegation tokens: there are none here"),
    ROW("delegation.token.max.lifetime.ms", BROKER, LONG, "ms", "604800000", 1, MAX64, NULL, accepted,
        "delegation tokens: there are none here"),
    ROW("delegation.token.secret.key", BROKER, STRING, "", NULL, MIN64, MAX64, NULL, accepted,
        "delegation tokens: there are none here"),
    ROW("early.start.listeners", BROKER, STRING, "", NULL, MIN64, MAX64, NULL, accepted,
        "listeners open before the authorizer is ready"),
    ROW("group.share.max.share.sessions", BROKER, INT, "", "2000", 1, MAX32, NULL, accepted,
        "slots of the share session cache"),
    ROW("group.streams.max.heartbeat.interval.ms", BROKER, INT, "ms", "15000", 1, MAX32, NULL, accepted,
        "KIP-1071: most that a group's heartbeat interval may be"),
    ROW("group.streams.max.session.timeout.ms", BROKER, INT, "ms", "60000", 1, MAX32, NULL, accepted,
        "KIP-1071: most that a group's session timeout may be"),
    ROW("group.streams.max.size", BROKER, INT, "", "2147483647", 1, MAX32, NULL, accepted,
        "KIP-1071: max members"),
    ROW("group.streams.min.heartbeat.interval.ms", BROKER, INT, "ms", "5000", 1, MAX32, NULL, accepted,
        "KIP-1071: least that a group's heartbeat interval may be"),
    ROW("group.streams.min.session.timeout.ms", BROKER, INT, "ms", "45000", 1, MAX32, NULL, accepted,
        "KIP-1071: least that a group's session timeout may be"),
    ROW("inter.broker.listener.name", BROKER, STRING, "", NULL, MIN64, MAX64, NULL, accepted,
        "listener that brokers use among themselves"),
    ROW("kafka.metrics.polling.interval.secs", BROKER, INT, "s", "10", 1, MAX32, NULL, accepted,
        "for the old metrics reporters"),
    ROW("kafka.metrics.reporters", BROKER, LIST, "", "", MIN64, MAX64, NULL, accepted,
        "old metrics reporters"),
    ROW("listener.security.protocol.map", BROKER, STRING, "", "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", MIN64, MAX64, NULL, accepted,
        "security protocol of each listener"),
    ROW("listeners", BROKER, STRING, "", "PLAINTEXT://:9092", MIN64, MAX64, NULL, accepted,
        "addresses to listen on"),
    ROW("log.roll.jitter.ms", BROKER, LONG, "ms", NULL, MIN64, MAX64, NULL, SIMULATED,
        "most taken off log.roll.ms by chance, per segment; unset: log.roll.jitter.hours"),
    ROW("max.connections.per.ip.overrides", BROKER, STRING, "", "", MIN64, MAX64, NULL, accepted,
        "max.connections.per.ip of single hosts"),
    ROW("principal.builder.class", BROKER, CLASS, "", "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", MIN64, MAX64, NULL, accepted,
        "class that says who a connection is"),
    ROW("remote.list.offsets.request.timeout.ms", BROKER, LONG, "ms", "30000", 1, MAX64, NULL, accepted,
        "how long a lookup of an offset in tiered storage may take"),
    ROW("remote.log.manager.copier.thread.pool.size", BROKER, INT, "", "10", 1, MAX32, NULL, accepted,
        "threads that copy segments to tiered storage"),
    ROW("remote.log.manager.copy.quota.window.num", BROKER, INT, "", "11", 1, MAX32, NULL, accepted,
        "samples of the quota on copying"),
    ROW("remote.log.manager.copy.quota.window.size.seconds", BROKER, INT, "s", "1", 1, MAX32, NULL, accepted,
        "span of each such sample"),
    ROW("remote.log.manager.expiration.thread.pool.size", BROKER, INT, "", "10", 1, MAX32, NULL, accepted,
        "threads that delete from tiered storage"),
    ROW("remote.log.manager.fetch.quota.window.num", BROKER, INT, "", "11", 1, MAX32, NULL, accepted,
        "samples of the quota on reading tiered storage"),
    ROW("remote.log.manager.fetch.quota.window.size.seconds", BROKER, INT, "s", "1", 1, MAX32, NULL, accepted,
        "span of each such sample"),
    ROW("remote.log.metadata.custom.metadata.max.bytes", BROKER, INT, "bytes", "128", 0, MAX32, NULL, accepted,
        "most that a plugin may add to a segment's metadata"),
    ROW("remote.log.metadata.manager.class.name", BROKER, STRING, "", "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", 1, MAX64, NULL, accepted,
        "plugin that keeps the metadata of tiered segments"),
    ROW("remote.log.metadata.manager.class.path", BROKER, STRING, "", NULL, MIN64, MAX64, NULL, accepted,
        "plugin that keeps the metadata of tiered segments"),
    ROW("remote.log.metadata.manager.impl.prefix", BROKER, STRING, "", "rlmm.config.", 1, MAX64, NULL, accepted,
        "plugin that keeps the metadata of tiered segments"),
    ROW("remote.log.metadata.manager.listener.name", BROKER, STRING, "", NULL, 1, MAX64, NULL, accepted,
        "plugin that keeps the metadata of tiered segments"),
    ROW("remote.log.storage.manager.class.name", BROKER, STRING, "", NULL, 1, MAX64, NULL, accepted,
        "plugin that stores tiered segments"),
    ROW("remote.log.storage.manager.class.path", BROKER, STRING, "", NULL, MIN64, MAX64, NULL, accepted,
        "plugin that stores tiered segments"),
    ROW("remote.log.storage.manager.impl.prefix", BROKER, STRING, "", "rsm.config.", 1, MAX64, NULL, accepted,
        "plugin that stores tiered segments"),
    ROW("sasl.enabled.mechanisms", BROKER, LIST, "", "GSSAPI", MIN64, MAX64, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("sasl.kerberos.principal.to.local.rules", BROKER, LIST, "", "DEFAULT", MIN64, MAX64, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("sasl.mechanism.controller.protocol", BROKER, STRING, "", "GSSAPI", MIN64, MAX64, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("sasl.mechanism.inter.broker.protocol", BROKER, STRING, "", "GSSAPI", MIN64, MAX64, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("sasl.server.callback.handler.class", BROKER, CLASS, "", NULL, MIN64, MAX64, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("sasl.server.max.receive.size", BROKER, INT, "", "524288", MIN32, MAX32, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("security.inter.broker.protocol", BROKER, STRING, "", "PLAINTEXT", MIN64, MAX64, "PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL", accepted,
        "security protocol between brokers"),
    ROW("share.coordinator.append.linger.ms", BROKER, INT, "ms", "5", 0, MAX32, NULL, accepted,
        "wait to batch writes of share state"),
    ROW("share.coordinator.load.buffer.size", BROKER, INT, "bytes", "5242880", 1, MAX32, NULL, accepted,
        "batch size when share state is loaded"),
    ROW("share.coordinator.snapshot.update.records.per.snapshot", BROKER, INT, "", "500", 0, MAX32, NULL, accepted,
        "updates between two snapshots of share state"),
    ROW("share.coordinator.state.topic.compression.codec", BROKER, INT, "", "0", MIN32, MAX32, NULL, accepted,
        "compression of __share_group_state"),
    ROW("share.coordinator.state.topic.min.isr", BROKER, SHORT, "", "2", 1, 32767, NULL, accepted,
        "min ISR of __share_group_state"),
    ROW("share.coordinator.state.topic.num.partitions", BROKER, INT, "", "50", 1, MAX32, NULL, accepted,
        "partitions of __share_group_state"),
    ROW("share.coordinator.state.topic.replication.factor", BROKER, SHORT, "", "3", 1, 32767, NULL, SIMULATED,
        "replication of __share_group_state: with fewer brokers it is not created, and no share group can read (nothing else of the topic is simulated)"),
    ROW("share.coordinator.state.topic.segment.bytes", BROKER, INT, "bytes", "104857600", 1, MAX32, NULL, accepted,
        "segment bytes of __share_group_state"),
    ROW("share.coordinator.threads", BROKER, INT, "", "1", 1, MAX32, NULL, accepted,
        "threads of the share coordinator"),
    ROW("share.coordinator.write.timeout.ms", BROKER, INT, "ms", "5000", 1, MAX32, NULL, accepted,
        "how long a write of share state may take"),
    ROW("ssl.allow.dn.changes", BROKER, BOOLEAN, "", "false", MIN64, MAX64, NULL, accepted,
        "TLS: costs nothing here"),
    ROW("ssl.allow.san.changes", BROKER, BOOLEAN, "", "false", MIN64, MAX64, NULL, accepted,
        "TLS: costs nothing here"),
    ROW("ssl.cipher.suites", BROKER, LIST, "", "", MIN64, MAX64, NULL, accepted,
        "TLS: costs nothing here"),
    ROW("ssl.client.auth", BROKER, STRING, "", "none", MIN64, MAX64, "required|requested|none", accepted,
        "TLS: costs nothing here"),
    ROW("ssl.principal.mapping.rules", BROKER, STRING, "", "DEFAULT", MIN64, MAX64, NULL, accepted,
        "TLS: costs nothing here"),
    ROW("telemetry.max.bytes", BROKER, INT, "bytes", "1048576", 1, MAX32, NULL, accepted,
        "KIP-714: most that a client may push at once"),
    ROW("transaction.state.log.load.buffer.size", BROKER, INT, "bytes", "5242880", 1, MAX32, NULL, accepted,
        "batch size when transactions are loaded"),
    ROW("transaction.state.log.segment.bytes", BROKER, INT, "bytes", "104857600", 1, MAX32, NULL, accepted,
        "segment bytes of __transaction_state"),
};
const size_t kafka_options_more_broker_count = G_N_ELEMENTS(kafka_options_more_broker);

const KafkaOption kafka_options_more_producer[] = {
    SECURITY(PRODUCER)
    ROW("sasl.mechanism", PRODUCER, STRING, "", "GSSAPI", MIN64, MAX64, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("sasl.oauthbearer.header.urlencode", PRODUCER, BOOLEAN, "", "false", MIN64, MAX64, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("ssl.cipher.suites", PRODUCER, LIST, "", NULL, MIN64, MAX64, NULL, accepted,
        "TLS: costs nothing here"),
};
const size_t kafka_options_more_producer_count =
    G_N_ELEMENTS(kafka_options_more_producer);

const KafkaOption kafka_options_more_consumer[] = {
    SECURITY(CONSUMER)
    ROW("sasl.mechanism", CONSUMER, STRING, "", "GSSAPI", MIN64, MAX64, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("sasl.oauthbearer.header.urlencode", CONSUMER, BOOLEAN, "", "false", MIN64, MAX64, NULL, accepted,
        "SASL: costs nothing here"),
    ROW("share.acknowledgement.mode", CONSUMER, STRING, "", "implicit", MIN64, MAX64, "implicit|explicit", accepted,
        "implicit or explicit acknowledgement of a share consumer; a group's \"share\" says it here"),
    ROW("ssl.cipher.suites", CONSUMER, LIST, "", NULL, MIN64, MAX64, NULL, accepted,
        "TLS: costs nothing here"),
};
const size_t kafka_options_more_consumer_count =
    G_N_ELEMENTS(kafka_options_more_consumer);

const KafkaOption kafka_options_more_topic[] = {
    ROW("compression.gzip.level", TOPIC, INT, "", "-1", -1, 9, NULL, accepted,
        "gzip level at the broker"),
    ROW("compression.lz4.level", TOPIC, INT, "", "9", 1, 17, NULL, accepted,
        "lz4 level at the broker"),
    ROW("compression.zstd.level", TOPIC, INT, "", "3", -131072, 22, NULL, accepted,
        "zstd level at the broker"),
};
const size_t kafka_options_more_topic_count = G_N_ELEMENTS(kafka_options_more_topic);
