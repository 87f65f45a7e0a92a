"""The glossary's words about accounts: what was done to them, what they may do, how somebody signed in."""

from __future__ import annotations

ACCOUNT_WORDS: dict[str, tuple[str, str]] = {
    "audit.account_enable": ("恢复账号", "account enabled"),
    "audit.account_role": ("授予角色", "role given"),
    "audit.account_passwd": ("重设密码", "password reset"),
    "audit.account_unlock": ("解除等待", "wait lifted"),
    "audit.account_reset_second": ("清除第二验证", "second factor cleared"),
    "audit.password_change": ("更改密码", "password changed"),
    "audit.second_add": ("启用第二验证", "second factor added"),
    "audit.second_remove": ("停用第二验证", "second factor removed"),
    "audit.second_refused": ("第二验证不对", "second factor refused"),
    "audit.sessions_end": ("结束会话", "sessions ended"),
    "role.officer": ("办理人员", "officer"),
    "role.leader": ("负责人", "leader"),
    "role.admin": ("业务管理员", "office administrator"),
    "role.sysadmin": ("系统管理员", "system administrator"),
    "role.secadmin": ("安全管理员", "security administrator"),
    "role.auditor": ("审计管理员", "audit administrator"),
    "role.none": ("未授角色", "no role yet"),
    "subject.account": ("平台账号", "account of the platform"),
    # browsing out of the ordinary
    "unusual.many": ("一小时内超过 50 次", "more than 50 within an hour"),
    "unusual.night": ("深夜且未写案号", "at night without a case"),
    "unusual.outside": ("辖区外且未写案号", "outside the area without a case"),
    # how somebody signed in, or why not
    "signed.totp": ("动态口令", "one-time code"),
    "signed.recovery": ("恢复码", "recovery code"),
    "signed.passkey": ("安全密钥", "security key"),
    "signed.oidc": ("统一认证", "identity provider"),
    "signed.oidc disabled": ("统一认证，账号已停用", "identity provider, account disabled"),
    "signed.password": ("密码不对", "wrong password"),
    "signed.disabled": ("账号已停用", "account disabled"),
}
