import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Mutual TLS from PEM files, which Java does not read by itself. */
final class MutualTls {
    private static final char[] NO_PASSWORD = {};

    /**
     * A context that trusts the CAs of one file and shows the certificate chain and the key of the others.
     *
     * @param key PKCS #8, not encrypted ({@code BEGIN PRIVATE KEY})
     */
    static SSLContext of(Path ca, Path certificate, Path key) throws GeneralSecurityException, IOException {
        var trusted = emptyStore();
        for (var each : certificates(ca)) {
            trusted.setCertificateEntry("ca-" + trusted.size(), each);
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);

        var chain = certificates(certificate);
        var own = emptyStore();
        var algorithm = chain[0].getPublicKey().getAlgorithm();
        var privateKey = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der(key)));
        own.setKeyEntry("client", privateKey, NO_PASSWORD, chain);
        var identity = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        identity.init(own, NO_PASSWORD);

        var context = SSLContext.getInstance("TLS");
        context.init(identity.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static Certificate[] certificates(Path file) throws GeneralSecurityException, IOException {
        try (var in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in).toArray(Certificate[]::new);
        }
    }

    private static byte[] der(Path key) throws IOException {
        var pem = Files.readString(key);
        if (!pem.contains("-----BEGIN PRIVATE KEY-----")) {
            throw new IOException(key + " is not PKCS #8: convert it with openssl pkcs8 -topk8 -nocrypt -in " + key);
        }
        return Base64.getMimeDecoder().decode(pem.replaceAll("-----(BEGIN|END) PRIVATE KEY-----", ""));
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }
}
