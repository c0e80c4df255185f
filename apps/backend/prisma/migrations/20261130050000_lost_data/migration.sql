-- An agent whose volume is gone gets the data of its newest backup. The mark stays until all of it is unpacked: a volume that an
-- interrupted restore left half full is not taken for the agent's data.
ALTER TABLE agents ADD COLUMN lost_data_backup_id text;
