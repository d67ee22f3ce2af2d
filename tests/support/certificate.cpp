#include "certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace tepal::test {
namespace {

template <auto Free>
struct Deleter
{
    template <typename T>
    void operator()(T *what) const
    {
        Free(what);
    }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

void check(bool fine)
{
    if (!fine)
        throw std::runtime_error("a certificate cannot be made");
}

std::string textOf(const Bio &bio)
{
    char *data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

void extend(X509 &certificate, int what, const std::string &value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
    check(extension && X509_add_ext(&certificate, extension.get(), -1) == 1);
}

} // namespace

Certificate makeCertificate(const std::string &names, int fromDays, int untilDays)
{
    constexpr long kDay = 24 * 60 * 60;
    const Key key(EVP_EC_gen("P-256"));
    const X509Ptr made(X509_new());
    check(key && made);
    X509_set_version(made.get(), X509_VERSION_3);
    // Two authorities of one name are told apart by their keys.
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), fromDays * kDay);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), untilDays * kDay);
    X509_set_pubkey(made.get(), key.get());
    X509_NAME *name = X509_get_subject_name(made.get());
    const auto *common = reinterpret_cast<const unsigned char *>("tests of tepal");
    check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0) == 1);
    X509_set_issuer_name(made.get(), name);
    extend(*made, NID_basic_constraints, "critical,CA:TRUE");
    extend(*made, NID_subject_alt_name, names);
    check(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);

    const Bio certificate(BIO_new(BIO_s_mem()));
    const Bio secret(BIO_new(BIO_s_mem()));
    check(PEM_write_bio_X509(certificate.get(), made.get()) == 1);
    check(PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                   nullptr) == 1);
    return {textOf(certificate), textOf(secret)};
}

} // namespace tepal::test
