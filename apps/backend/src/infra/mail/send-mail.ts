import type { Config } from '../../config/config.ts';

interface Mail {
  to: string;
  subject: string;
  text: string;
}

const TIMEOUT_MS = 10_000;

/** Hands a mail to the mail server SMTP_URL. @throws Error of the library; its message may contain what the server said */
export async function sendMail({ MAIL_FROM }: Pick<Config, 'MAIL_FROM'>, server: string, mail: Mail): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
  await createTransport({ url: server, ...timeouts }).sendMail({ from: MAIL_FROM, ...mail });
}
