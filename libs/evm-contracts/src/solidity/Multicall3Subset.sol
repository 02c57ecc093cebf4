// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The part of Multicall3 that viem and the x402 packages call
/// @notice For development chains only, placed at 0xcA11bde05977b3631167028862bE2a173976CA11. Without it the
/// payment packages cannot read several values at once and answer every refused payment with one general code.
contract Multicall3Subset {
    struct Call {
        address target;
        bytes callData;
    }

    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    /// @notice Makes every call; with `requireSuccess` the first failure reverts the whole.
    function tryAggregate(
        bool requireSuccess,
        Call[] calldata calls
    ) external payable returns (Result[] memory returnData) {
        returnData = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; i++) {
            (bool success, bytes memory data) = calls[i].target.call(calls[i].callData);
            require(success || !requireSuccess, "Multicall3: call failed");
            returnData[i] = Result(success, data);
        }
    }

    /// @notice Makes every call; a failure reverts the whole unless that call allows it.
    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData) {
        returnData = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; i++) {
            (bool success, bytes memory data) = calls[i].target.call(calls[i].callData);
            require(success || calls[i].allowFailure, "Multicall3: call failed");
            returnData[i] = Result(success, data);
        }
    }

    /// @notice Ether balance of an account, in wei.
    function getEthBalance(address account) external view returns (uint256 balance) {
        return account.balance;
    }
}
