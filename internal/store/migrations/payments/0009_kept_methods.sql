-- What a charge says about its customer. It stays the same for every request of the charge:
-- the provider refuses a second request that differs. customer_ref is the provider's id of
-- the customer when the charge began, '' for none.
ALTER TABLE payments ADD COLUMN customer text NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN keeps_method boolean NOT NULL DEFAULT FALSE;
ALTER TABLE payments ADD COLUMN customer_ref text NOT NULL DEFAULT '';
ALTER TABLE payment_charges ADD COLUMN customer text NOT NULL DEFAULT '';
ALTER TABLE payment_charges ADD COLUMN keeps_method boolean NOT NULL DEFAULT FALSE;
ALTER TABLE payment_charges ADD COLUMN customer_ref text NOT NULL DEFAULT '';
