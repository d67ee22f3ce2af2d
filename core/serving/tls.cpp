#include "tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>

#ifdef _WIN32
#include <winsock2.h>
#else
#include <sys/socket.h>
#include <sys/types.h>
#endif

namespace tepal::serving {
namespace {

bool wouldBlock()
{
#ifdef _WIN32
    return WSAGetLastError() == WSAEWOULDBLOCK;
#else
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
#endif
}

#ifdef _WIN32
using Length = int;
#else
using Length = std::size_t;
#endif

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;
#endif

// OpenSSL's own socket functions write without MSG_NOSIGNAL: a client that is gone would end the
// program.

int socketOf(BIO *bio)
{
    return *static_cast<const int *>(BIO_get_data(bio));
}

int sendBytes(BIO *bio, const char *from, int size)
{
    BIO_clear_retry_flags(bio);
    const auto sent =
        ::send(socketOf(bio), from, static_cast<Length>(std::max(0, size)), kNoSignal);
    if (sent < 0 && wouldBlock())
        BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int receiveBytes(BIO *bio, char *to, int size)
{
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(socketOf(bio), to, static_cast<Length>(std::max(0, size)), 0);
    if (got < 0 && wouldBlock())
        BIO_set_retry_read(bio);
    return static_cast<int>(got);
}

long control(BIO *, int what, long, void *)
{
    return what == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *socketMethod()
{
    static BIO_METHOD *const method = [] {
        BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tepal");
        if (made != nullptr) {
            BIO_meth_set_write(made, sendBytes);
            BIO_meth_set_read(made, receiveBytes);
            BIO_meth_set_ctrl(made, control);
        }
        return made;
    }();
    return method;
}

int chooseProtocol(SSL *, const unsigned char **chosen, unsigned char *size,
                   const unsigned char *offered, unsigned offeredSize, void *)
{
    // Each is preceded by its length.
    static constexpr unsigned char kHttp[] = "\x08http/1.1";
    unsigned char *found = nullptr;
    if (SSL_select_next_proto(&found, size, kHttp, sizeof kHttp - 1, offered, offeredSize) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/// Nobody is asked for a password: a server starts without people.
int noPassword(char *, int, int, void *)
{
    return -1;
}

tl::unexpected<Error> refuse(std::string_view what, const std::string &file, std::string_view why,
                             std::string next)
{
    return fail(ErrorCode::InvalidArgument, fmt::format("the {} file {} {}", what, file, why),
                std::move(next));
}

Status readable(std::string_view what, const std::string &file)
{
    std::FILE *open = std::fopen(file.c_str(), "rb");
    const int problem = errno;
    if (open == nullptr)
        return fail(problem == ENOENT   ? ErrorCode::NotFound
                    : problem == EACCES ? ErrorCode::Denied
                                        : ErrorCode::Io,
                    fmt::format("the {} file {} cannot be read: {}", what, file,
                                std::generic_category().message(problem)),
                    fmt::format("say where it is with --ssl-{}file",
                                what == "certificate" ? "cert" : "key"));
    std::fclose(open);
    return {};
}

/// Whether the last thing that went wrong was a password that is not there.
bool isLocked()
{
    bool locked = false;
    while (const unsigned long code = ERR_get_error())
        locked = locked || ERR_GET_REASON(code) == PEM_R_BAD_PASSWORD_READ ||
                 ERR_GET_REASON(code) == PEM_R_PROBLEMS_GETTING_PASSWORD;
    return locked;
}

Status useFiles(SSL_CTX *context, const std::string &certificate, const std::string &key)
{
    for (const auto &[what, file] :
         {std::pair{"certificate", &certificate}, std::pair{"key", &key}}) {
        if (auto there = readable(what, *file); !there)
            return there;
    }
    ERR_clear_error();
    const bool read = SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) == 1;
    // What it is, and still not wanted, OpenSSL says best: "ee key too small".
    if (const unsigned long code = ERR_peek_error(); !read && ERR_GET_LIB(code) == ERR_LIB_SSL)
        return refuse(
            "certificate", certificate,
            fmt::format("cannot be used: {}", ERR_reason_error_string(code)),
            "make another: openssl req -x509 -newkey rsa:2048 -nodes -keyout KEY -out CERT");
    if (!read)
        return refuse("certificate", certificate, "holds no certificate in PEM form",
                      "give the PEM file, which begins with -----BEGIN CERTIFICATE-----");
    ERR_clear_error();
    const bool taken = SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (taken && SSL_CTX_check_private_key(context) == 1)
        return {};
    // One of the same kind as the certificate's is compared as it is taken, another only then.
    if (taken || ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_X509)
        return refuse("key", key, fmt::format("does not belong to the certificate {}", certificate),
                      "give the key that the certificate was made with");
    if (isLocked())
        return refuse("key", key, "is locked with a password",
                      "unlock a copy that only you can read: openssl pkey -in KEY -out PLAIN");
    return refuse("key", key, "holds no private key in PEM form",
                  "give the PEM file, which begins with -----BEGIN PRIVATE KEY-----");
}

std::string timeText(const ASN1_TIME *time)
{
    std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    char *text = nullptr;
    if (!out || ASN1_TIME_print(out.get(), time) != 1)
        return "a day that cannot be read";
    const long size = BIO_get_mem_data(out.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

} // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::load(const std::string &certificate,
                                                     const std::string &key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == nullptr)
        return fail(ErrorCode::Internal, "OpenSSL cannot be used");
    std::unique_ptr<TlsContext> made(new TlsContext(context));
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context, chooseProtocol, nullptr);
    SSL_CTX_set_default_passwd_cb(context, noPassword);
    auto used = useFiles(context, certificate, key);
    ERR_clear_error();
    if (!used)
        return tl::unexpected(used.error());
    return made;
}

TlsContext::~TlsContext()
{
    SSL_CTX_free(m_context);
}

std::string TlsContext::validity() const
{
    const X509 *certificate = SSL_CTX_get0_certificate(m_context);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        return "the certificate expired on " + timeText(X509_get0_notAfter(certificate));
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        return "the certificate is not valid before " + timeText(X509_get0_notBefore(certificate));
    return {};
}

TlsChannel::TlsChannel(const TlsContext &context, int socket)
    : m_socket(socket)
    , m_ssl(SSL_new(context.native()))
{
    BIO *bio = m_ssl != nullptr && socketMethod() != nullptr ? BIO_new(socketMethod()) : nullptr;
    if (bio == nullptr) {
        m_socket = -1;
        return;
    }
    BIO_set_data(bio, &m_socket);
    BIO_set_init(bio, 1);
    SSL_set_bio(m_ssl, bio, bio);
    SSL_set_accept_state(m_ssl);
}

TlsChannel::~TlsChannel()
{
    SSL_free(m_ssl);
}

TlsChannel::Outcome TlsChannel::outcomeOf(int result)
{
    switch (SSL_get_error(m_ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return Outcome::WantRead;
    case SSL_ERROR_WANT_WRITE:
        return Outcome::WantWrite;
    case SSL_ERROR_ZERO_RETURN:
        return Outcome::Ended;
    default:
        ERR_clear_error();
        return Outcome::Failed;
    }
}

TlsChannel::Outcome TlsChannel::handshake()
{
    if (m_socket < 0)
        return Outcome::Failed;
    if (!m_looked) {
        // Every method of HTTP begins with a letter; a handshake never does.
        char first = 0;
        const auto got = ::recv(m_socket, &first, 1, MSG_PEEK);
        if (got < 0 && wouldBlock())
            return Outcome::WantRead;
        if (got <= 0)
            return Outcome::Ended;
        if ((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z'))
            return Outcome::PlainHttp;
        m_looked = true;
    }
    ERR_clear_error();
    const int result = SSL_do_handshake(m_ssl);
    return result == 1 ? Outcome::Done : outcomeOf(result);
}

TlsChannel::Step TlsChannel::read(char *to, std::size_t size)
{
    if (m_socket < 0)
        return {Outcome::Failed};
    ERR_clear_error();
    const int result = SSL_read(m_ssl, to, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
    if (result > 0)
        return {Outcome::Done, static_cast<std::size_t>(result)};
    return {outcomeOf(result)};
}

TlsChannel::Step TlsChannel::write(const char *from, std::size_t size)
{
    if (m_socket < 0)
        return {Outcome::Failed};
    ERR_clear_error();
    const int result =
        SSL_write(m_ssl, from, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
    if (result > 0)
        return {Outcome::Done, static_cast<std::size_t>(result)};
    return {outcomeOf(result)};
}

void TlsChannel::sayEnd()
{
    if (m_socket < 0 || SSL_in_init(m_ssl) != 0)
        return;
    ERR_clear_error();
    SSL_shutdown(m_ssl);
    ERR_clear_error();
}

} // namespace tepal::serving
