<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" sourcelanguage="en" language="de">
  <context>
    <name>Thimble</name>
    <message>
      <location filename="../../core/exporters" />
      <source>ONNX (.onnx)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/exporters" />
      <source>TFLite (.tflite)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Magnitude pruning</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Removes the channels with the smallest weights, the same share of every channel group.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Channels removed</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of every channel group; 0.3 about halves the MACs.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Norm</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>L1 adds absolute weights, L2 is their Euclidean length.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>L1</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>L2</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Multiple of</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Channels kept are a multiple of this; kernels work in blocks.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>channels</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Quantize to int8</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weights and activations in 8 bits, calibrated, with corrected biases; one graph for onnxruntime and TFLite.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Per channel</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>A weight scale for each output channel, not one a layer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Activations</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>uint8 is the faster one in onnxruntime on x86; TFLite files are the same</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>uint8</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>int8</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Correct biases</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Refit each bias behind the already quantized layers; takes seconds, helps most</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Calibration items</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>At most so many items set the ranges</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>items</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Items for biases</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How many of them correct biases</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Train from scratch</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Trains the network on labelled data from new weights.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Epochs</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Passes over the training items.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Empty: one that suits the optimizer and the network.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Batch size</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Empty: 64, or 16 for images above 128 pixels.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Shift images</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Moves every image at random by up to an eighth of its size.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Training images</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Mirror images</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Mirrors half of the images; wrong for digits, letters and traffic signs.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Optimizer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>SGD with momentum, or AdamW.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>SGD</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>AdamW</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Schedule</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How the learning rate falls.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Optimization</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>cosine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>step</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>constant</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Keep</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The weights of the best validation (where there are enough items), or the last ones.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Validation and what is kept</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>best</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>last</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weight decay</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Empty: 0.0005, for AdamW 0.05. Biases and normalizations are spared.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Momentum</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of SGD.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Warm-up</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The rate rises to its full value over so many epochs.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>epochs</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Milestones</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the step schedule: shares of the training after which the rate falls.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Fall</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The rate is multiplied by this at each milestone.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Gradient limit</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Largest norm of the whole gradient, 0 for none. Empty: 1 without BatchNormalization, else none.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Label smoothing</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of each target that is spread over all classes.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Smallest crop</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Crops keep at least this share of an image's area; 1 crops nothing.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Colour jitter</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>0 changes no colours.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Augmentation policy</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>TrivialAugment or RandAugment.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>none</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>TrivialAugment</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>RandAugment</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Random erasing</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Probability for each image.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Mixup</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Alpha of the shares in which two items are mixed; 0 is off.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>CutMix</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Alpha of the shares in which boxes are exchanged; 0 is off.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Averaged weights</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Decay of a moving average that is kept instead; empty: off.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Validation share</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of the training items that chooses the epoch to keep and trains nothing.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Patience</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Ends after so many epochs without a better validation; empty: never.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Last step</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Ends there; stop-and-keep-best sets it, so that the step replays.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>New weights</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Draws all weights anew; off: trains on from those given.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Fine-tune</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Trains the weights on labelled data; with a teacher also toward the teacher's answers.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weight of the teacher</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>0 ignores the teacher, 1 ignores the labels.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Temperature</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Higher shows more of how the teacher doubts.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Add graph output</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Tensor</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Remove graph output</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Graph output</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Add graph input</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Name</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Shape</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Type</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Takes the place of</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Remove graph input</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Graph input</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Change input shape</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Delete and bypass</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Layer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Tensor that takes its place</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Delete</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Replace operator</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Attributes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Insert layer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Name of the new layer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Only in front of this layer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Further inputs</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Connect</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Input, counted from 0</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Remove Identity and Dropout</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Rename layer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>New name</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Rename tensor</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Set attribute</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Attribute</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Value</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Remove attribute</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Load values</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Initializer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>.npy file</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Set values</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Values</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Fold BatchNorm</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Fold constants</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Cut out a part</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>From</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>To</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Five large convolutions and three fully connected layers, which hold most weights: what small nets replace.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Classes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Entries of the scores.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Input channels</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>1 for grey images, 3 for colour.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Resolution</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Side of the square input.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Response normalization</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Normalizes across channels after the first two layers, as in 2012.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Two layers of the text encoder BERT, with a classifier; takes token numbers and a mask.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Width</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of each token.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Depth</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Encoder layers.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Heads</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Of attention; they share the channels evenly.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Vocabulary</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Word pieces that are told apart.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Sequence</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Tokens of one input.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Positions</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Tokens for which positions are learned.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Four layers of the text encoder BERT, with a classifier; takes token numbers and a mask.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>A ResNet rebuilt after transformers: 7x7 depthwise convolutions, LayerNorm, GELU, a learned scale per channel.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Multiplies the channels of every layer.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fifty-eight layers that each add a few channels to all earlier ones: few weights, many joined channels.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Growth rate</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels that each layer adds.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Hears a dozen keywords in a second of sound; the keyword network of MLPerf Tiny.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Filters</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of every layer.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Blocks</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Depthwise separable pairs.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Frames</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Moments of the spectrogram; 49 are a second.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Coefficients</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Numbers for one frame, such as MFCC.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>EfficientNet-B0 for phones and 8 bits: no squeeze-and-excitation, ReLU6.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Multiplies the blocks of every stage.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Squeeze-and-excitation in every block; larger members scale width, depth and resolution together.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>EfficientNet-Lite0, deeper, on 240 px.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>EfficientNet-Lite0, wider and deeper, on 260 px.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>EfficientNet-Lite0, wider and deeper, on 280 px.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>The largest EfficientNet-Lite, on 300 px.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Half of every layer's maps are cheap depthwise copies of the other half.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Nine Inception modules: four branches of 1x1 and 3x3 convolutions side by side, joined by channel.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fits 320 kB of working memory and 1 MB of flash in 8 bits: for microcontrollers.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Searched for the latency of a phone, with squeeze-and-excitation in some stages.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Searched for the latency of a phone, without squeeze-and-excitation; torchvision's mnasnet1_0.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>The same search with a small budget: for slow phones and boards.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Inverted residuals: narrow between blocks, wide and depthwise inside; the usual start on a phone.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>A depthwise and a 1x1 convolution in place of each 3x3: the first network made for phones.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>MobileNetV2 searched for phone CPUs, with squeeze-and-excitation and hard-swish.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Eight residual blocks of two 3x3 convolutions: the common middle-sized network.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Sixteen residual blocks of two 3x3 convolutions.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Sixteen bottleneck blocks: the network that most compression papers report.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Nine residual blocks for 32 px pictures: trains in minutes.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fifteen residual blocks for 32 px pictures.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Twenty-one residual blocks for 32 px pictures.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Twenty-seven residual blocks for 32 px pictures: the network that most filter pruning papers report.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fifty-four residual blocks for 32 px pictures.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>ShuffleNetV2 for very small budgets: 40 million multiplications.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>One of the four networks of the paper.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Grouped 1x1 convolutions with a channel shuffle between them: very few multiplications.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Groups</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Of the 1x1 convolutions; more groups allow more channels.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Split, convolve one half, join, shuffle: few operations and little memory traffic.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>SqueezeNet with a smaller first layer and earlier pooling: 2.4 times less computation, the same accuracy.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Squeeze ratio</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Squeezed channels for one expanded channel.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Share of 3x3</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Of the expanded channels, those made by 3x3 filters.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fire modules instead of wide layers: AlexNet's accuracy in a fiftieth of its parameters.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Attention inside shifted windows, over four stages of shrinking maps.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of the first stage; each later one doubles them.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Head width</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of one attention head.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Window</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Side of the windows, in patches of 4 px.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>A picture and a row of measurements: the measurements scale the picture's channels, or are joined to them.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Join</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>film: measurements scale and shift every block's channels. concat: they meet before the scores.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>film</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>concat</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Measurements</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Numbers beside each picture.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Scores for every pixel: down to small maps and up again, with joints between equal sizes.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Base width</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of the largest map; each halving doubles them.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>How often the map is halved.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Thirteen 3x3 convolutions and three fully connected layers: simple, heavy, much to be cut.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>VGG-16 with BatchNormalization after each convolution, which trains without care for the first weights.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>The smallest of the family: a transformer over patches for small devices.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Encoder blocks.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Patch</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Side of the squares that the picture is cut into.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>A transformer over patches of 16 x 16 pixels, base size.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Thirty-four depthwise separable convolutions in residual blocks: the idea of MobileNet, at full size.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Finds objects at three sizes: a backbone, a feature pyramid and three heads; boxes are not decoded.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Multiplies the repeats of every block.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Kinds of objects.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../core/references" />
      <source>counted on the graph, default parameters, batch 1</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/device_box.py" />
      <source>Whether this machine has it is being found out.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/device_box.py" />
      <source>Device</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/device_box.py" />
      <source>The processor that trains.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/device_box.py" />
      <source>{title}: not on this machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Another file…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>The same step, model, data and seed give the same result.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Seed</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>&amp;Apply</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>&amp;Defaults</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>&amp;Teacher</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>none attached</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Data</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>De&amp;vice</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Choose a teacher</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Models (*.onnx)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Estimating…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Estimate: {figures}.</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/act/dialog.py" />
      <source>{n} layers touched.</source>
      <extracomment>For one: {n} layer touched.</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Teacher</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>The model whose answers are learned from.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>No teacher</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Layers</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>A&amp;ll layers ({count:,})</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Only the &amp;selected layers ({count:,})</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Only the &amp;selected layers</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Select layers in the graph or in the layers table first.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Layers whose &amp;name matches</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>for example features.*</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Name pattern</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Type a name pattern, or choose all layers.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>No layer's name matches '{pattern}'.</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/act/scope_box.py" />
      <source>{n} layers</source>
      <extracomment>For one: {n} layer</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open a model first.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>No second graph is shown.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>This is the first revision.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>There is nothing to redo.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Attach data first (Ctrl+D).</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>The attached data has no classes to judge by.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>No layer is selected.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Edit</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;View</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>T&amp;rain</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Prune</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Quantize</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Distil</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Analyse</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Compare</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>E&amp;xport</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Help</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;New from reference network…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>MobileNet, ResNet, ViT and others.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Open model…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open an ONNX file as a new project.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open the &amp;sample</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>A small network with its data.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open &amp;project…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Save project &amp;as…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Attach &amp;data…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Attach data &amp;folder…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>De&amp;tach data</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Save recip&amp;e…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>The steps so far.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Rep&amp;lay recipe…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Close project</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Quit</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Undo</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Go to the revision before.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Redo</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Go to the revision that was undone.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Find layer…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Select &amp;all layers</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Select &amp;nothing</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Fit graph</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Fit &amp;width</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;100 %</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Zoom &amp;in</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Zoom &amp;out</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Go to the input</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Gr&amp;aph tab</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Layers tab</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Compare tab</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Sa&amp;ve picture as…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>SVG, PDF or PNG.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>In &amp;Netron</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>The same model in Netron, offline; Netron can only read it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Look of the &amp;system</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Lig&amp;ht</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Dark</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Reset panels</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>F&amp;ull screen</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Evaluate accuracy</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Measure &amp;latency</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Fidelity to the original</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Ask about a &amp;picture…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>With the &amp;parent revision</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>With the &amp;original</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>With the &amp;chosen revision</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>With a &amp;file…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Table of all revisions</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Close the &amp;second graph</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Export…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Write a file for a runtime.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Shortcuts</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open the folder of crash &amp;reports</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;About Thimble</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>training</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>validation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>Loss</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>epoch</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>Accuracy</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>Learning rate</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>{title} curves</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>Curves</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>, best {value}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>Curves appear here while a job trains.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>{series}: {value} at {place}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>Answers of {model}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>Answers for {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>The picture {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>One model only: apply an act, and the result answers beside the original.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>Both answer '{answer}'.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>They differ: '{before}' became '{after}'.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Params</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Numbers the network learned.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>MACs</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Multiply-accumulate operations for one input.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Peak memory</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Most bytes of activations that are alive at once, without the weights. Estimated from the graph.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Weights</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Bytes of all stored weights.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>File</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Size of the file on disk.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Top-1</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Share of items whose first answer is right.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Top-5</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Share of items whose class is among the first five answers.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Median time of one run.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Signal to noise of the outputs, beside the parent revision.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Agrees</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Share of items with the parent's answer.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Model</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>{column} of {model}: {figure}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Comparison</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Below a figure: its change against the first row. Point at a figure to see how it was obtained.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Nothing to compare yet.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Open a model: each of its revisions becomes a row.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Judge the chosen rows on the attached data.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Run the chosen rows in turn, one thread; median and spread.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Evaluate acc&amp;uracy</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Measure latenc&amp;y</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Measure f&amp;idelity</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>How close the chosen rows' outputs are to the first row's.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Add file…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Compare with an ONNX or TFLite file.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Rem&amp;ove file</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Take the chosen files out of the table; revisions stay.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Copy ta&amp;ble</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/grid.py" />
      <source>Items as the network sees them</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/grid.py" />
      <source>values {values}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>ImageNet (mean and deviation)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>−1 to 1</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>CIFAR-10 (mean and deviation)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>No data attached.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Attach a folder of class folders, a zip, a folder with labels.csv, or an .npz file, to calibrate, train and judge. Or drop it on the window.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>A&amp;ttach data…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Warning about the data</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Preprocessing</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>How raw items become network inputs. Remembered in the model.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Cha&amp;nge…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>De&amp;tach</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>not set: choose one</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>the model's own steps</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>From a JSON file…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Preproce&amp;ssing</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/data_panel/panel.py" />
      <source>{n} items</source>
      <extracomment>For one: {n} item</extracomment>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/data_panel/panel.py" />
      <source>{items} in {n} classes</source>
      <extracomment>For one: {items} in {n} class</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>{count:,} to calibrate</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>{count:,} to train</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>{count:,} to judge</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>{items}: {parts}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Training would use {train:,} of these and leave {judge:,} to judge.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/pictures.py" />
      <source>{message} Choose a preprocessing above.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/data_panel/pictures.py" />
      <source>{min:.2f} to {max:.2f}, mean {mean:.2f}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>one page at 100 %</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/drawing/draw.py" />
      <source>{n} pages</source>
      <extracomment>For one: {n} page</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>{width} × {height} pixels</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>'{path}' holds {about}: {what}, {size}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>, drawn at {size}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>, drawn at {size}; all words are left out at this size, SVG and PDF keep them</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>, drawn at {size}; all words but the operators' are left out at this size, SVG and PDF keep them</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>{used:.2g} % instead of {asked:g} % to stay within {pixels} million pixels and {side:,} a side</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>The ending '{suffix}' of '{name}' names no kind of picture.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>The missing ending of '{name}' names no kind of picture.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>Use .svg, .pdf or .png.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>The scale {scale:g} is not between {low:g} and {high:g}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>There is no folder '{folder}'.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>Make it first, or choose another.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>'{path}' is a folder.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>Name a file in it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>This graph cannot be drawn: {error}.</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/drawing/draw.py" />
      <source>{n} parameters</source>
      <extracomment>For one: {n} parameter</extracomment>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/drawing/draw.py" />
      <source>{n} MACs</source>
      <extracomment>For one: {n} MAC</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>'{path}' cannot be written: {why}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>Choose another place.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/pages.py" />
      <source>The PDF could not be begun.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/pages.py" />
      <source>Save the picture as SVG instead.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/raster.py" />
      <source>There is no memory for a picture of {width} × {height} pixels.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/raster.py" />
      <source>Choose a smaller scale.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/raster.py" />
      <source>The picture could not be compressed.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/drawing/raster.py" />
      <source>Choose a smaller scale, or save it as SVG.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>error</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>warning</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>notice</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Thimble itself failed: {kind}: {message}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Your revisions are safe. The report helps whoever mends it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>no message</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Loo&amp;k at the report</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Close this message (Esc)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Close message</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Export</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Target</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Browse…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Inputs for the proof</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>the attached data ({name})</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>noise inside the input's range: checked, not proven</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Target</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;File</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Prove with</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Export</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Export &amp;another…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Close</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>The file is opened again in its own runtime and compared with this revision.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Export to</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Name the file to write.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>'{path}' is a folder; name a file in it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>starting</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Operators of the written file</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Operator</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Count</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Open &amp;folder</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/export/proof_view.py" />
      <source>{file}, {size} ({n} bytes)</source>
      <extracomment>For one: {file}, {size} ({n} byte)</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>parameters</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>peak memory</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>weights</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>file</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>top-1</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>top-5</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>measured</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>estimated</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>cited</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>{figure} before</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>{figure} after</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>Not measured.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>{figure}, {how} on {what}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>95 % interval {low} to {high}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>unknown type</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>from {layer}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>to {layer}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>and {n} more</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>Tensor {name}, {kind}, from {source} to {goal}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/graph_view/view.py" />
      <source>Graph</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/graph_view/view.py" />
      <source>Laying out the graph…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/graph_view/view.py" />
      <source>Selected: {names}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Waiting</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Running</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Ending…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Stopping…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>✓ Done</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>✕ Failed</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Cancelled</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Progress of {title}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Cancel</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Cancel {title}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Stop this job and drop what it did (Del)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Stop and keep the best</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Stop {title} and keep the best so far</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>End the training now; the best weights so far become a revision.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>{left} left</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>This training was interrupted. Resume goes on where it was, with the same result as without a pause.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>Jobs</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>This job has written nothing.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>Log of the chosen job</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>Log</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>No jobs yet.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>Choose an act from the Train, Prune or Quantize menu.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/running_job.py" />
      <source>keeping the best so far</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/running_job.py" />
      <source>stopping</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Resume</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Resume {title}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Go on where this training was stopped.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Discard</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Discard {title}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Delete what was trained so far; the revisions stay.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>d MMMM, HH:mm</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Interrupted at {share:.0f} % · {when} · step {steps:,} of {total:,}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/main_window.py" />
      <source>&amp;Graph</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/main_window.py" />
      <source>&amp;Layers</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/main_window.py" />
      <source>Co&amp;mpare</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/main_window.py" />
      <source>Revisions</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/main_window.py" />
      <source>Inspector</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>Write a {suffix} file and prove it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>&amp;Panels</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>&amp;Recent projects</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>No recent projects</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/netron_view/session.py" />
      <source>&amp;Netron</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/netron_view/session.py" />
      <source>Close Netron</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/netron_view/tab.py" />
      <source>Netron</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/netron_view/tab.py" />
      <source>Save Netron's picture</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>peak activation memory</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Those of your parameters are counted when the network is made.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Top-1, 8 bits</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Parameters</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Latency</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Estimated: {how}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>No published figures are known here.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Cited:</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>New from reference network</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Filter by name or family</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Filter</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Family</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>All families</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Try fewer letters, or all families.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Show &amp;all</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Published figures</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>No network is chosen.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Choose one in the table.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Progress</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>&amp;Create</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>{count} of {total}</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/new/dialog.py" />
      <source>{n} networks</source>
      <extracomment>For one: {n} network</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>No network matches '{text}' in {family}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>No network matches '{text}'.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Choose a network first.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Opening</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Starting</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/origin.py" />
      <source>Reference network, seed {seed}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/origin.py" />
      <source>Reference network, weights from a file</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/origin.py" />
      <source>Reference network, weights from timm</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/origin.py" />
      <source>Reference network, other weights</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table.py" />
      <source>Reference networks</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Phone</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Network</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Year</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Numbers the network learns.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Most bytes of activations that live at the same time.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Share of ImageNet's images whose first answer is right.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Time of one run on the phone that the source used.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>none is cited for {data}; {figure} on {other}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>none is {how}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>The same seed draws the same weights.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Downloads from the network, only when you press Create.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>timm is not installed here. Install it with: pip install timm</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Drawn from the &amp;seed</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>From a &amp;file</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Weights file</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>&amp;Pretrained, through timm</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>timm offers no weights of {title}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Name the file with the weights.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>'{name}' is no weights file; it must end in {first} or {last}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>There is no file '{path}'.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Weights ({pattern})</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Devices</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/operations/act.py" />
      <source>{data}, {n} items</source>
      <extracomment>For one: {data}, {n} item</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>{items}: {train:,} to train, {judge:,} to judge</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>The network has {scores:,} scores and the data {classes:,} classes: the rest stays unused.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>The original ({model})</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Preview of {act}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>{act} on part of the layers.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Replay a recipe</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Recipes (*.json)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>'{name}' looks like a recipe, but no model is open.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Recipe {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Revision {id}: {title}</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/operations/act.py" />
      <source>on {n} layers</source>
      <extracomment>For one: on {n} layer</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>on layers named {pattern}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>With the default parameters.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>yes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>no</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Counting</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Accuracy needs data.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Attach a data set whose items have classes (Ctrl+D).</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Evaluate {models}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Fidelity compares with the original.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Choose another row, or apply an act first.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Fidelity of {models}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>There is no {figure} for {model}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Latency of {models}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Ask about a picture</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Pictures ({pattern})</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>'{name}' is a picture, but no model is open.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Ask about {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>revision {id}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>{one} and {other}</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../gui/operations/analyse.py" />
      <source>{n} models</source>
      <extracomment>For one: {n} model</extracomment>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Choose another revision in the list first, then compare with it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>'{name}' can be measured, but only ONNX graphs can be shown.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Compare with a file</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Models (*.onnx *.tflite)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>'{name}' cannot be compared with.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Choose an .onnx or a .tflite file.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Choose the rows of files to remove; revisions stay in the table.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/creating.py" />
      <source>New {title}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>SVG, for screens (*.svg)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>PDF, for paper (*.pdf)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>PNG (*.png)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>Save picture as</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>Drawing '{name}'…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/dropping.py" />
      <source>Only the first of {count} files was taken: '{name}'.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/exporting.py" />
      <source>Export {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Shortcuts</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Graph: {act}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Act</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Keys</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Fits neural networks into phones: see, prune, tune, quantize, compare and export, with every number proven.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>About Thimble</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/netron.py" />
      <source>Netron shows this revision in your browser, offline.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/netron.py" />
      <source>It reads from this window and ends with it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/netron.py" />
      <source>Open this address in a browser on this machine: {url}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/netron.py" />
      <source>No browser could be started.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/resuming.py" />
      <source>This training can no longer be resumed: its checkpoint is gone.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/resuming.py" />
      <source>Discard a training</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/resuming.py" />
      <source>Discard '{act}', step {steps:,} of {total:,}?
This cannot be undone.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/operations/resuming.py" />
      <source>{act}, in a recipe of {count} steps</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>Advanced</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>automatic</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>{label} slider</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>{group} ({count} changed)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>Between {low:g} and {high:g}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>At least {low:g}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>At most {high:g}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>Default: {value}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/report_dialog.py" />
      <source>This step left no report.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../gui/words.py" />
      <source>d MMMM yyyy, HH:mm</source>
      <translation type="unfinished" />
    </message>
  </context>
</TS>
