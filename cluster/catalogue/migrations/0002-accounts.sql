-- Who may look at what, who is signed in, who did what, and links that were given to others.

create table users (
  "user" text primary key,
  display_name text not null,
  password_hash text not null,
  created_ms bigint not null,
  is_locked boolean not null default false
);

create table grants (
  "user" text not null references users ("user") on delete cascade,
  tenant text not null,
  role text not null check (role in ('viewer', 'supervisor', 'admin')),
  primary key ("user", tenant)
);

create table sessions (
  token_digest text primary key,
  "user" text not null references users ("user") on delete cascade,
  created_ms bigint not null,
  expires_ms bigint not null
);
create index sessions_user on sessions ("user");

create table audit (
  entry bigserial primary key,
  at_ms bigint not null,
  who text not null,
  tenant text,
  action text not null,
  target text,
  details jsonb not null default '{}'
);
create index audit_at on audit (at_ms);
create index audit_target on audit (tenant, target);

create table share_links (
  token_digest text primary key,
  tenant text not null,
  conversation text not null,
  by_user text not null,
  created_ms bigint not null,
  expires_ms bigint not null,
  revoked_ms bigint
);
create index share_links_conversation on share_links (tenant, conversation);
