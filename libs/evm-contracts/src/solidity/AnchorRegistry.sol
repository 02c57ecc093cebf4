// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Registry of log checkpoints
/// @notice Records when a submitter first showed a commitment: sha256 of a signed log checkpoint, which covers
/// every batch in the log up to it. No owner, no upgrade, no ether, no way to delete: what is written stays.
/// @dev The storage layout is part of the protocol. A verifier derives the slot by itself, as
/// keccak256(abi.encode(keccak256(abi.encode(submitter, commitment)), uint256(0))), and reads the value by a
/// Merkle-Patricia proof, so `records` must stay the first state variable (slot 0).
contract AnchorRegistry {
    /// @dev key => blockNumber << 64 | timestamp; zero when nothing was anchored under the key.
    mapping(bytes32 => uint256) private records;

    /// @notice A commitment was seen for the first time from this submitter.
    /// @param size Tree size of the checkpoint as the submitter states it; a search aid that no proof rests on.
    event Anchored(bytes32 indexed commitment, address indexed submitter, uint64 size);

    /// @notice Anchors a commitment under the caller's address.
    /// @dev The sender is part of the key, so nobody can occupy a commitment that they see in the mempool.
    /// The first write wins, because a later one would move the time forward. A repeated call succeeds and
    /// changes nothing: a submitter that lost the answer sends again after a restart, and a revert there would
    /// be counted as a failed anchor although the commitment stands. It emits no event, so that one event means
    /// one record.
    function anchor(bytes32 commitment, uint64 size) external {
        bytes32 key = keccak256(abi.encode(msg.sender, commitment));
        if (records[key] != 0) return;
        records[key] = (block.number << 64) | uint64(block.timestamp);
        emit Anchored(commitment, msg.sender, size);
    }

    /// @notice When the submitter first anchored the commitment; both values are zero when it never did.
    function anchoredAt(
        address submitter,
        bytes32 commitment
    ) external view returns (uint64 blockNumber, uint64 timestamp) {
        uint256 record = records[keccak256(abi.encode(submitter, commitment))];
        return (uint64(record >> 64), uint64(record));
    }
}
