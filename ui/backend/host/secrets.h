/// Secrets in the system keychain, with a copy in memory for worker threads.
#pragma once

#include <tepal/upload/secrets.h>

#include <QObject>
#include <QString>

#include <map>
#include <mutex>
#include <set>
#include <string>

namespace tepal::ui {

/// read() from any thread. Everything else on the UI thread; the keychain answers later.
class KeychainSecrets final : public QObject, public SecretStore
{
    Q_OBJECT

public:
    explicit KeychainSecrets(QObject *parent = nullptr);

    Result<std::optional<std::string>> read(std::string_view name) const override;
    Status write(std::string_view name, const std::string &value) override;
    Status remove(std::string_view name) override;

    /// Asks the keychain for the secrets of a destination, once; changed() tells when there are
    /// some.
    void want(const QString &destination, const QString &kind);

Q_SIGNALS:
    void changed();
    /// The keychain refused; the secret is kept until the program ends.
    void failed(const QString &text);

private:
    void load(std::string_view name);
    void set(std::string_view name, std::optional<std::string> value);

    mutable std::mutex m_mutex;
    std::map<std::string, std::string, std::less<>> m_values;
    std::set<std::string> m_wanted;
};

} // namespace tepal::ui
