namespace Upscale.Inference.Tests;

public sealed class RuntimeErrorsTests
{
    [Theory]
    [InlineData(RuntimeErrorKind.TooLarge, "[ErrorCode:Fail] Non-zero status code returned while running ConstantOfShape node. Name:'' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Available memory of 4293918464 is smaller than requested bytes of 640000000000")]
    [InlineData(RuntimeErrorKind.TooLarge, "[ErrorCode:Fail] Non-zero status code returned while running ConstantOfShape node. Name:'' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 640000000000")]
    [InlineData(RuntimeErrorKind.TooLarge, "[ErrorCode:RuntimeException] Non-zero status code returned while running Conv node. Name:'Conv_3' Status Message: std::bad_alloc")]
    [InlineData(RuntimeErrorKind.TooLarge, "[ErrorCode:RuntimeException] CUDA failure 2: out of memory ; GPU=0 ; hostname=box ; expr=cudaMalloc((void**)&p, size);")]
    [InlineData(RuntimeErrorKind.TooLarge, "[ErrorCode:Fail] CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=box ; expr=cudnnConvolutionForward(...)")]
    [InlineData(RuntimeErrorKind.TooLarge, "[ErrorCode:RuntimeException] Exception(1) tid(1f4) 8007000E Not enough memory resources are available to complete this operation.")]
    [InlineData(RuntimeErrorKind.Cancelled, "[ErrorCode:Fail] Exiting due to terminate flag being set to true.")]
    [InlineData(RuntimeErrorKind.ModelBad, "[ErrorCode:InvalidProtobuf] Load model from bad.onnx failed:Protobuf parsing failed.")]
    [InlineData(RuntimeErrorKind.ModelBad, "[ErrorCode:Fail] Load model from bad.onnx failed:Fatal error: com.example.custom:EvilOp(-1) is not a registered function/op")]
    [InlineData(RuntimeErrorKind.ModelBad, "[ErrorCode:InvalidArgument] Got invalid dimensions for input: input for the following indices\n index: 1 Got: 1 Expected: 3\n Please fix either the inputs/outputs or the model.")]
    [InlineData(RuntimeErrorKind.Other, "[ErrorCode:RuntimeException] CUDA failure 700: an illegal memory access was encountered ; GPU=0")]
    public void Native_texts_are_told_apart(RuntimeErrorKind kind, string text) => Assert.Equal(kind, RuntimeErrors.Classify(new InvalidOperationException(text)));

    [Fact]
    public void Managed_exceptions_are_told_apart()
    {
        Assert.Equal(RuntimeErrorKind.TooLarge, RuntimeErrors.Classify(new OutOfMemoryException()));
        Assert.Equal(RuntimeErrorKind.Cancelled, RuntimeErrors.Classify(new TaskCanceledException()));
        Assert.Equal(RuntimeErrorKind.Other, RuntimeErrors.Classify(new FormatException()));
    }
}
