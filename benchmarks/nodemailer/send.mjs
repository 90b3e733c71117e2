// Nodemailer as its documentation advises for bulk mail: one pooled transport, DKIM, templates compiled once.
// node send.mjs JOB PORT CONNECTIONS COUNT [base64]; prints {"seconds": …} of the sending alone.
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import nodemailer from 'nodemailer';

const [jobFile, port, connections, count, encoding] = process.argv.slice(2);
const job = JSON.parse(readFileSync(jobFile, 'utf8'));
const recipients = job.recipients.slice(0, Number(count));

const subject = Handlebars.compile(job.subject, { noEscape: true });
const html = Handlebars.compile(job.html);
const text = Handlebars.compile(job.text, { noEscape: true });

const transport = nodemailer.createTransport({
  host: '127.0.0.1',
  port: Number(port),
  secure: false,
  ignoreTLS: true,
  pool: true,
  maxConnections: Number(connections),
  maxMessages: Infinity,
  dkim: { domainName: job.domain, keySelector: job.selector, privateKey: job.privateKey },
});

function message(person) {
  return {
    from: { name: job.senderName, address: job.sender },
    to: person.email,
    subject: subject(person),
    text: text(person),
    html: html(person),
    textEncoding: encoding,
    headers: { 'List-Id': job.listId, 'List-Unsubscribe': `<${person.unsubscribe_url}>` },
  };
}

let next = 0;
async function keepSending() {
  while (next < recipients.length) {
    await transport.sendMail(message(recipients[next++]));
  }
}

const begun = process.hrtime.bigint();
await Promise.all(Array.from({ length: Number(connections) * 2 }, keepSending));
console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - begun) / 1e9 }));
transport.close();
