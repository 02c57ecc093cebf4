-- One database, one role and one schema for each service; a role reaches its own schema alone. Run as a superuser or the owner of
-- the database, with a password for each role:
--   psql -v database=touchstone -v signer_password=… … -f roles.sql
-- `node tools/secrets.mjs` writes a file that sets them all and reads this one. Repeating it sets the passwords again and changes nothing else.
\set ON_ERROR_STOP on
SELECT format('CREATE DATABASE %I', :'database') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
\connect :database
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database') \gexec
CREATE TEMPORARY TABLE wanted (role text, schema text, password text);
INSERT INTO wanted VALUES
  ('inference-gateway', 'gateway', :'inference_gateway_password'),
  ('signer', 'signer', :'signer_password'),
  ('payment-verifier', 'payments', :'payment_verifier_password'),
  ('anchor-worker', 'anchors', :'anchor_worker_password'),
  ('proof-service', 'proofs', :'proof_service_password'),
  ('attestation-hub', 'attestation', :'attestation_hub_password');
SELECT format('CREATE ROLE %I', role) FROM wanted WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
SELECT format('ALTER ROLE %I WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L', role, password)
  FROM wanted \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', :'database', role) FROM wanted \gexec
SELECT format('CREATE SCHEMA IF NOT EXISTS %I', schema) FROM wanted \gexec
SELECT format('ALTER SCHEMA %I OWNER TO %I', schema, role) FROM wanted \gexec
SELECT format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', schema) FROM wanted \gexec
SELECT format('ALTER ROLE %I SET search_path = %I', role, schema) FROM wanted \gexec
