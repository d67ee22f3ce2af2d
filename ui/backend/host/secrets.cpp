#include "ui/backend/host/secrets.h"

#include <tepal/upload/outlets.h>

#include <qt6keychain/keychain.h>

namespace tepal::ui {

namespace {

QString service()
{
    return QStringLiteral("tepal");
}

QString keyOf(std::string_view name)
{
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

} // namespace

KeychainSecrets::KeychainSecrets(QObject *parent)
    : QObject(parent)
{}

void KeychainSecrets::want(const QString &destination, const QString &kind)
{
    const auto *found = findDestinationKind(kind.toStdString());
    if (!found || !m_wanted.insert(destination.toStdString()).second)
        return;
    DestinationRecord record;
    record.name = destination.toStdString();
    record.kind = kind.toStdString();
    for (const tepal::DestinationField &field : found->fields) {
        if (field.type != FieldType::Secret)
            continue;
        load(secretName(record, field.key));
        // Before destinations had names, secrets were kept under those of their variables.
        for (const std::string &variable : fieldVariables(record, field))
            load(variable);
    }
}

void KeychainSecrets::load(std::string_view name)
{
    auto *job = new QKeychain::ReadPasswordJob(service(), this); // deletes itself when it is done
    job->setKey(keyOf(name));
    const std::string key(name);
    connect(job, &QKeychain::Job::finished, this, [this, job, key] {
        // Without a keychain, or without an entry, there is simply no secret.
        if (job->error() != QKeychain::NoError || job->textData().isEmpty())
            return;
        set(key, job->textData().toStdString());
        Q_EMIT changed();
    });
    job->start();
}

void KeychainSecrets::set(std::string_view name, std::optional<std::string> value)
{
    const std::lock_guard lock(m_mutex);
    if (value)
        m_values[std::string(name)] = std::move(*value);
    else
        m_values.erase(std::string(name));
}

Result<std::optional<std::string>> KeychainSecrets::read(std::string_view name) const
{
    const std::lock_guard lock(m_mutex);
    const auto it = m_values.find(name);
    if (it == m_values.end())
        return std::nullopt;
    return it->second;
}

Status KeychainSecrets::write(std::string_view name, const std::string &value)
{
    set(name, value);
    auto *job = new QKeychain::WritePasswordJob(service(), this);
    job->setKey(keyOf(name));
    job->setTextData(QString::fromStdString(value));
    connect(job, &QKeychain::Job::finished, this, [this, job] {
        if (job->error() != QKeychain::NoError)
            Q_EMIT failed(job->errorString());
    });
    job->start();
    Q_EMIT changed();
    return {};
}

Status KeychainSecrets::remove(std::string_view name)
{
    set(name, std::nullopt);
    auto *job = new QKeychain::DeletePasswordJob(service(), this);
    job->setKey(keyOf(name));
    job->start();
    Q_EMIT changed();
    return {};
}

} // namespace tepal::ui
